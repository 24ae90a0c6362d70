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

  @Option(help: ArgumentHelp("Keep what came of each mail, for --baseline.", valueName: "file"))
  var save: String?

  @Option(
    help: ArgumentHelp(
      "Print only what is different from what --save has kept, and end with 1 where anything is.",
      valueName: "file"))
  var baseline: String?

  @Option(
    help: ArgumentHelp(
      "Send each mail to this milter as well, and print only where the two differ; end with 1 where they do.",
      valueName: "address"))
  var against: String?

  /// Options that were given, and are about what comes of mails.
  var namesOfMails: [String] {
    [
      ("--result", result), ("--diff", diff), ("--expect", expect != nil), ("--save", save != nil),
      ("--baseline", baseline != nil), ("--against", against != nil),
    ].filter(\.1).map(\.0)
  }

  func check(_ trace: String?) throws {
    if [result, diff, json].filter({ $0 }).count > 1 {
      throw Failure("--result, --diff and --json do not go together", hint: "send it twice")
    }
    let compares = against != nil || baseline != nil
    if compares, result || diff || expect != nil || against != nil && (baseline != nil || save != nil) {
      let names = [
        ("--against", against != nil), ("--baseline", baseline != nil), ("--save", save != nil),
        ("--result", result),
        ("--diff", diff), ("--expect", expect != nil),
      ].filter(\.1).map(\.0)
      throw Failure("\(names.joined(separator: " and ")) do not go together", hint: "run it twice")
    }
    if trace == "-", result || diff || json || compares {
      throw Failure(
        "standard output cannot take both a trace (--write -) and what came of the mail",
        hint: "give the trace a file")
    }
  }
}
