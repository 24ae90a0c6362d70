import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@Suite struct ProbedSearchTests {
  /// The lines that a search stops at, one after the other.
  private func stops(_ words: String, _ source: any RecordSource) -> [String] {
    var model = ConsoleModel(source: source, origin: .files(["story.mtrace"]), isLive: false)
    let size = Size(columns: 100, rows: 30)
    _ = model.update(.resized(size))
    _ = model.update(.appended)
    var stops: [String] = []
    for key in ["/"] + words.unicodeScalars.map(String.init) {
      for scalar in key.unicodeScalars { _ = model.update(.key(.character(scalar))) }
    }
    _ = model.update(.key(.named(.enter)))
    for _ in 0..<12 {
      while model.isBusy { _ = model.update(.idle) }
      stops.append("\(model.list.cursor) \(model.status?.text ?? "")")
      _ = model.update(.key(.character("n")))
    }
    return stops
  }

  @Test(arguments: [
    "example", "EXAMPLE.org", "subject", "Subject: ", "t: ", "mail", "continue", "accept", "nowhere", "@",
    ":", " ",
    "postfix", "x", "e", "from", "1", "alice", "quit", "body",
  ])
  func findsTheSamePacketsAsWithoutProbes(words: String) {
    #expect(stops(words, ProbedRecords(Story.source)) == stops(words, Story.source))
  }

  @Test func readsNoPacketThatSurelyDoesNotSayIt() {
    let source = ProbedRecords(Story.source)
    _ = stops("nowhere", source)
    #expect(source.denied > 0)
  }
}
