

# Of tcm_nab5000, which has one fabric.
fabric_modules = {
    "nab5000": TcmNab5000FabricModule,
}
