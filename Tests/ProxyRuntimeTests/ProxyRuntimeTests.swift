import Testing

@Suite struct ProxyRuntimeTests {}
