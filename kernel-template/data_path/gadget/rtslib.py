
    def to_normalized_wwn(self, wwn):
        # The type returned here is the type of the initiator name that rtslib makes up for a nexus.
        # It must be the fabric's first type, whatever the name of the target.
        return super().to_normalized_wwn(wwn)[0], self.wwn_types[0]
