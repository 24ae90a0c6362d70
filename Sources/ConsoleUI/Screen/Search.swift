import MilterProtocol
import TraceModel

/// A search under way, or the one that `n` repeats: goes through the lines of a list from where the operator was, around
/// the end.
struct Search: Equatable, Sendable {
  /// As typed.
  let text: String
  /// In lower case; compared without regard to ASCII case.
  let needle: [UInt8]
  /// Kinds of packets whose name says it.
  let names: Set<PacketKind>
  /// Stages whose name says it: rows of replies begin with the one that they answer.
  let stages: Set<String>
  /// What a packet must have to match by its own strings.
  let probe: TextProbe?
  /// Kinds of packets that do not match where they have no payload.
  private(set) var silent: Set<PacketKind> = []
  /// Whether what a row counts may say it: connection, time, what the reply took, bytes of a body.
  let isOfCounts: Bool
  /// Whether it has a byte as rows escape it, which stands in no packet.
  let isEscaped: Bool
  /// The list that is searched.
  var view = ListView.timeline
  /// The line to look at next; nil where nothing is under way.
  var next: Int?
  /// 1 towards the end, -1 towards the start.
  var step = 1
  /// Lines still to be looked at.
  var left = 0
  /// Matches to pass by before stopping.
  var skips = 0
  /// Whether what is said on screen is marked.
  var isMarked = true
  /// Which lines of the list say it.
  private(set) var tally = SearchTally()

  /// Looks at some lines more, to know how many say it; after the next one is found.
  mutating func count(in pane: any ListPane, _ scene: Scene) {
    guard isMarked, next == nil else { return }
    var tally = self.tally
    self.tally = SearchTally()
    tally.advance(self, in: pane, scene)
    self.tally = tally
  }

  func isCounting(in pane: any ListPane, _ scene: Scene) -> Bool {
    isMarked && next == nil && !tally.isDone(in: pane, scene)
  }

  init(_ text: String) {
    self.text = text
    needle = Array(text.utf8).map(lowercased)
    let sought = text.uppercased()
    let kinds = CommandKind.allCases.map(PacketKind.command) + ReplyKind.allCases.map(PacketKind.reply)
    names = Set(kinds.filter { $0.name.says(sought) })
    stages = Set(CommandKind.allCases.map(\.name).filter { $0.says(sought) })
    probe = TextProbe(needle)
    isOfCounts =
      text.contains(where: \.isNumber) && text.allSatisfy { $0.isNumber || "c.:µmshd byte".contains($0) }
    isEscaped = text.contains("\\")
    let empty =
      CommandKind.allCases.map { Packet(code: $0.rawValue, from: .mta) }
      + ReplyKind.allCases.map { Packet(code: $0.rawValue, from: .milter) }
    silent = Set(empty.filter { !matchesAlone($0) }.map(\.kind))
  }

  /// Whether it is long enough to be looked for in the lines that logs have, which takes its time.
  var mayBeOfLog: Bool { needle.count >= 4 }

  /// Whether `bytes` say it, in any letter case.
  func matches<Bytes: RandomAccessCollection<UInt8>>(_ bytes: Bytes) -> Bool {
    firstMatch(in: bytes) != nil
  }

  /// Where `bytes` say it first, in any letter case.
  func firstMatch<Bytes: RandomAccessCollection<UInt8>>(in bytes: Bytes) -> Range<Bytes.Index>? {
    guard let first = needle.first, bytes.count >= needle.count else { return nil }
    var start = bytes.startIndex
    let last = bytes.index(bytes.endIndex, offsetBy: -needle.count)
    while start <= last {
      if lowercased(bytes[start]) == first {
        var at = start
        var found = true
        for byte in needle {
          if lowercased(bytes[at]) != byte {
            found = false
            break
          }
          bytes.formIndex(after: &at)
        }
        if found { return start..<at }
      }
      bytes.formIndex(after: &start)
    }
    return nil
  }
}

extension Search {
  /// The lines that say it, of `count` lines in a circle: the next one from `start` first, `start` itself last.
  func lines(of count: Int, from start: Int, step: Int, bytes: (Int) -> [UInt8]) -> [Int] {
    (0..<count).map { $0 + 1 }.map { ((start + $0 * step) % count + count) % count }.filter {
      matches(bytes($0))
    }
  }
}

extension String {
  /// Whether `words` stand somewhere in it.
  fileprivate func says(_ words: String) -> Bool {
    guard !words.isEmpty else { return false }
    return indices.contains { self[$0...].hasPrefix(words) }
  }
}
