import ArgumentParser
import Conformance
import MilterProtocol

/// The checklist of faults: whether to go through it, and through which part.
struct ConformanceOptions: ParsableArguments {
  @Flag(help: "Do what goes wrong between MTAs and milters, fault by fault, and say what is survived.")
  var conformance = false

  @Option(
    help: ArgumentHelp(
      "Of the checklist only these faults: mail-no-nul,trickle; can be given again.", valueName: "faults"))
  var only: [String] = []

  /// The ids that were asked for; nil for all.
  func ids(of known: [String]) throws -> Set<String>? {
    guard !only.isEmpty else { return nil }
    let ids = only.flatMap { $0.split(separator: ",").map(String.init) }
    for id in ids where !known.contains(id) {
      let near = Nearest.match(for: id, among: known).map { "did you mean '\($0)'? " } ?? ""
      throw Failure("--only: no fault is called '\(id)'", hint: near + "mitmilter help faults lists them")
    }
    return Set(ids)
  }

  /// - Parameter others: options that were given, and go with mails alone.
  func check(besides others: [String]) throws {
    if !conformance, !only.isEmpty {
      throw Failure("--only chooses from the checklist", hint: "give --conformance as well")
    }
    guard conformance, let other = others.first else { return }
    throw Failure("--conformance and \(other) do not go together", hint: "run it twice")
  }
}
