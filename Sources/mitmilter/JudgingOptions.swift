import ArgumentParser

/// What every command that reads traces takes.
struct JudgingOptions: ParsableArguments {
  @Flag(
    help: "Find what is wrong again, by the rules of this version; for complete traces that are not redacted."
  )
  var judge = false
}
