
    def has_feature(self, feature):
        # rtslib asks for the settings of discovery whenever it lists, saves or clears, and loads
        # the module for them. Where the module is missing, the other fabrics are to work.
        if feature == "discovery_auth":
            try:
                self._check_self()
            except RTSLibError:
                return False
        return super().has_feature(feature)
