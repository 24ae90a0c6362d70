import ArgumentParser

/// What every command that reads traces takes.
struct JudgingOptions: ParsableArguments {
  @Flag(
    help: "Find anew, by the rules of this version, what is wrong; for whole traces that are not redacted.")
  var judge = false
}
