
    def to_normalized_wwn(self, wwn):
        # The initiator of a nexus gets a name of the type that is told here: rtslib makes up one
        # of the first type, whatever the target is called.
        return super().to_normalized_wwn(wwn)[0], self.wwn_types[0]
