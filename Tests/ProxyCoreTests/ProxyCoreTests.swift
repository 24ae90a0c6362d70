import Testing

@Suite struct ProxyCoreTests {}
