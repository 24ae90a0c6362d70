import Testing

@Suite struct CommandLanguageTests {}
