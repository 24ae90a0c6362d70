import Testing

@Suite struct MilterProtocolTests {}
