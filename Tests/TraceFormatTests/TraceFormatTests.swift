import Testing

@Suite struct TraceFormatTests {}
