import ArgumentParser

/// How to print what came of mails.
struct SentPrinting: ParsableArguments {
  @Flag(help: "Print the mail as the MTA would deliver it; all else goes to standard error.")
  var result = false

  @Flag(help: "Print each mail before and after, as a diff.")
  var diff = false

  @Flag(help: "Print a line of JSON for each mail; see mitmilter help send.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "End with 1 unless a packet of each session is as this says: verdict and reject.",
      valueName: "expression"))
  var expect: String?

  func check(_ trace: String?) throws {
    if [result, diff, json].filter({ $0 }).count > 1 {
      throw Failure("--result, --diff and --json do not go together", hint: "send it twice")
    }
    if trace == "-", result || diff || json {
      throw Failure(
        "standard output cannot take both a trace (--write -) and what came of the mail",
        hint: "give the trace a file")
    }
  }
}
