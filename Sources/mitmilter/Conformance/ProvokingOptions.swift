import ArgumentParser
import Conformance
import MilterProtocol
import TraceFormat
import TraceModel

/// A rule that the peer we are is to break.
struct ProvokingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Be a peer over which this rule of mitmilter help findings is remarked on: R02.", valueName: "id"))
  var provoke: String?

  /// How it is done; refuses what cannot be, with the reason.
  ///
  /// - Parameters:
  ///   - isMTA: which peer we are.
  ///   - other: the command that is the other peer.
  func provocation(isMTA: Bool, other: String) throws -> Provocation? {
    guard let provoke else { return nil }
    guard let provocation = Provocation.of(provoke) else {
      let id = provoke.uppercased()
      if let why = Provocation.refusal(of: provoke) {
        throw Failure(
          "--provoke: \(id) cannot be provoked: \(why)", hint: "mitmilter help findings \(id) says what it is"
        )
      }
      throw Failure("--provoke: there is no rule '\(provoke)'", hint: "mitmilter help findings lists them")
    }
    guard isMTA ? provocation.mta != nil : provocation.milter != nil else {
      throw Failure(
        "--provoke: \(provocation.id) is what \(isMTA ? "a milter" : "an MTA") does",
        hint: "mitmilter \(other) --provoke \(provocation.id)")
    }
    if provocation.takesBoth {
      tell(
        "note: \(provocation.id) takes both: mitmilter \(other) --provoke \(provocation.id) is its other part"
      )
    }
    return provocation
  }
}

extension Provocation {
  /// What was found of it, a line each, as far as we see it ourselves.
  func lines(in records: [Record]) -> [String] {
    records.compactMap { record in
      guard case .found(let finding) = record.event, finding.rule.id == id else { return nil }
      return "\(id): \(ListingText.inert(finding.text))\n"
    }
  }
}
