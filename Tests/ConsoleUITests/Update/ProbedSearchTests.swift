import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@Suite struct ProbedSearchTests {
  /// Answers as strictly as a source may: yes only where the bytes of the packet have the text.
  private final class ProbedRecords: RecordSource {
    private let base: any RecordSource
    private(set) var denied = 0

    init(_ base: any RecordSource) { self.base = base }

    var head: TraceHead? { base.head }
    var count: Int { base.count }
    func record(at index: Int) -> Record? { base.record(at: index) }

    func mayHold(_ probe: TextProbe, at index: Int) -> Bool {
      let packet: Packet? =
        switch base.record(at: index)?.event {
        case .received(let received): received.packet
        case .sent(let sent): sent.packet
        default: nil
        }
      let lower = (packet?.bytes ?? []).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
      let holds = lower.indices.contains { lower[$0...].starts(with: probe.bytes) }
      if !holds { denied += 1 }
      return holds
    }
  }

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
