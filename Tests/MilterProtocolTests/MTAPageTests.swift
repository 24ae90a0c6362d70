import Foundation
import TestSupport
import Testing

@testable import MilterProtocol

/// The tables of `docs/mtas.md` are those of the code.
@Suite struct MTAPageTests {
  private static func section(_ mta: KnownMTA, _ profile: MTAProfile) -> String {
    var text = "### \(mta.name == "a generic client" ? "generic" : mta.name)\n\n"
    text += "What is said is \(profile.source). Not known: \(profile.unknown.joined(separator: "; ")).\n\n"
    text += "| verdict | at | what it does | mind |\n|---|---|---|---|\n"
    for row in profile.verdicts {
      let kinds = row.kinds.map(\.name).joined(separator: ", ")
      let isAnywhere = row.stages.count == Stage.allCases.count
      let stages = isAnywhere ? "" : row.stages.map(\.name).joined(separator: ", ")
      text += "| \(kinds) | \(stages) | \(row.words) | \(row.danger ?? "") |\n"
    }
    let waits = mta.waits
    text += "\nWaits \(waits.timeouts.command.words) for a reply"
    if waits.limitsTheEnd { text += ", \(waits.timeouts.content.words) in all at the end of the message" }
    text += ". A milter that fails: \(profile.onFailure) decides.\n"
    let made = ActionFlags.table.filter { profile.made.contains($0.flag) }.map(\.name)
    text += "Modifications that it makes: \(made.joined(separator: ", ")). Quarantine: "
    switch profile.quarantine {
    case .queue(let head, let end): text += "the mail stays in the queue until \(head)QUEUEID\(end)"
    case .header(let name): text += "the mail goes on with a header `\(name)`"
    case .told(let words): text += words
    }
    let macros = profile.macros.map { "\($0.stage.name) \($0.names.joined(separator: " "))" }
    return text + ".\nMacros: \(macros.isEmpty ? "none are known" : macros.joined(separator: "; ")).\n"
  }

  @Test(arguments: [KnownMTA.stalwart, .maddy, .generic]) func thePageHasWhatTheTableHas(_ mta: KnownMTA)
    throws
  {
    let page = try String(
      contentsOf: Fixtures.project.appendingPathComponent("docs/mtas.md"), encoding: .utf8)
    let printed = Self.section(mta, try #require(mta.profile))
    #expect(page.contains(printed), "docs/mtas.md lacks this:\n\(printed)")
  }
}
