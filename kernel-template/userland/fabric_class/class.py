class TcmNab5000FabricModule(_BaseFabricModule):
    def __init__(self):
        super().__init__("nab5000")
        self.kernel_module = "tcm_nab5000"
