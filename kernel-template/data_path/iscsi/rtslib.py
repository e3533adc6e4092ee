
    def has_feature(self, feature):
        # rtslib reads the discovery settings whenever it lists, saves or clears, and loads the module
        # for them. Without the module, the other fabrics must still work.
        if feature == "discovery_auth":
            try:
                self._check_self()
            except RTSLibError:
                return False
        return super().has_feature(feature)
