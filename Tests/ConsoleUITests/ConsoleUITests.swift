import Testing

@Suite struct ConsoleUITests {}
