import MilterProtocol
import Timeline
import TraceModel

/// Headers in Postfix's queue file (`cleanup_milter.c`, `cleanup_out.c`; seen with Postfix 3.7.11).
///
/// 1. What is added stands at the end; what is inserted counts all lines, its own Received included.
/// 2. A change or deletion never sees its own Received.
/// 3. Deleted lines are gone at once: later indices count what is left.
/// 4. Each LF ends a line, and a line that goes on without a blank gets a TAB.
/// 5. A line whose name is empty or has a blank in it is written, and is no header: it is not found, nor is what stands below
///    it. A name ends with its first colon.
struct PostfixHeaders: HeaderList {
  private(set) var lines: [EffectiveResult.HeaderLine] = [.ownReceived]
  private(set) var remarks: [EffectRemark] = []
  private(set) var failure: String?
  private let lead: [UInt8]

  /// - Parameter lead: what it writes between the colon and a value.
  init(_ seen: [MessageContent.SeenHeader], lead: [UInt8]) {
    self.lead = lead
    for header in seen {
      var line = EffectiveResult.HeaderLine(
        name: header.header.name, text: lead + header.header.value, change: .kept)
      line.packet = header.packet
      lines.append(line)
    }
  }

  /// The lines that are found.
  private var live: [Int] {
    Array(lines.indices.filter { !lines[$0].isRemoved }.prefix { Self.isHeader(lines[$0].name) })
  }

  /// As `is_header` in is_header.c reads it.
  private static func isHeader(_ name: [UInt8]) -> Bool {
    let label = label(name)
    return !label.isEmpty && !label.contains(where: isBlank)
  }

  private static func label(_ name: [UInt8]) -> ArraySlice<UInt8> { name.prefix { $0 != UInt8(ascii: ":") } }

  private func text(_ value: [UInt8]) -> [UInt8] {
    let pieces = value.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let folded = pieces.dropFirst().map { piece in
      piece.first.map(isBlank) ?? false ? Array(piece) : [UInt8(ascii: "\t")] + piece
    }
    return lead + Array(([Array(pieces[0])] + folded).joined(separator: [UInt8(ascii: "\n")]))
  }

  mutating func add(_ header: Header, _ packet: Int) { insert(header, before: lines.count, packet) }

  mutating func insert(_ header: Header, at index: UInt32, _ packet: Int) {
    let live = live
    if Int(index) > live.count, index != .max {
      remarks.append(
        EffectRemark(
          packet: packet,
          text: "there \(live.count == 1 ? "is 1 header" : "are \(live.count) headers"): it goes to the end"))
    }
    insert(header, before: Int(index) < live.count ? live[Int(index)] : lines.count, packet)
  }

  private mutating func insert(_ header: Header, before place: Int, _ packet: Int) {
    lines.insert(
      .init(name: header.name, text: text(header.value), change: .added(by: packet)), at: place)
  }

  mutating func change(_ header: Header, index: UInt32, _ packet: Int) {
    guard !header.name.isEmpty else {
      failure = failure ?? "451 4.3.5: CHGHEADER without a name"
      return remarks.append(EffectRemark(packet: packet, text: "Postfix fails the message: no name"))
    }
    let named = live.filter {
      !lines[$0].isOwnReceived && sameHeaderName(Self.label(lines[$0].name), header.name)
    }
    guard max(1, Int(index)) <= named.count else {
      remarks.append(.noSuchHeader(header, packet))
      if !header.value.isEmpty { add(header, packet) }
      return
    }
    let line = named[max(1, Int(index)) - 1]
    if header.value.isEmpty {
      // Of what the milter brought itself nothing is left to show.
      if lines[line].isOfMilter { lines.remove(at: line) } else { lines[line].change = .removed(by: packet) }
    } else {
      lines[line].replace(header.name, text(header.value), by: packet)
    }
  }
}

extension EffectRemark {
  static func noSuchHeader(_ header: Header, _ packet: Int) -> EffectRemark {
    EffectRemark(
      packet: packet,
      text: header.value.isEmpty
        ? "there is no such header: nothing is deleted" : "there is no such header: it is added")
  }
}
