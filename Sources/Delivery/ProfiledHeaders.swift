import MilterProtocol
import Timeline
import TraceModel

/// Headers at an MTA whose source was read and that was not measured (``MTAProfile/Headers``).
struct ProfiledHeaders: HeaderList {
  private let ways: MTAProfile.Headers
  private let seen: [EffectiveResult.HeaderLine]
  private var asked: [(header: Header, index: UInt32, isChange: Bool, packet: Int)] = []
  private let lead: [UInt8]

  init(_ seen: [MessageContent.SeenHeader], lead: [UInt8], _ ways: MTAProfile.Headers) {
    self.lead = lead
    self.ways = ways
    self.seen = seen.map { header in
      var line = EffectiveResult.HeaderLine(
        name: header.header.name, text: lead + Self.folded(header.header.value), change: .kept)
      line.packet = header.packet
      return line
    }
  }

  /// Lines as they are compared and shown: LF between them, none at the end.
  private static func folded(_ value: [UInt8]) -> [UInt8] {
    var lines = value.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
      line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }
    if lines.count > 1, lines[lines.count - 1].isEmpty { lines.removeLast() }
    return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
  }

  var failure: String? { nil }
  var lines: [EffectiveResult.HeaderLine] { made.lines }
  var remarks: [EffectRemark] { made.remarks }

  mutating func add(_ header: Header, _ packet: Int) { asked.append((header, 0, false, packet)) }
  mutating func insert(_ header: Header, at index: UInt32, _ packet: Int) {
    asked.append((header, index, false, packet))
  }
  mutating func change(_ header: Header, index: UInt32, _ packet: Int) {
    asked.append((header, index, true, packet))
  }

  /// What comes first depends on what comes later: all is made at once.
  private var made: (lines: [EffectiveResult.HeaderLine], remarks: [EffectRemark]) {
    var lines = [EffectiveResult.HeaderLine.ownReceived] + seen
    var remarks: [EffectRemark] = []
    // Stalwart writes what is only added in front of the mail as it is, else it takes the headers apart.
    let isInOrder = !asked.contains { $0.isChange && has($0.header) || !$0.isChange && $0.index > 0 }
    var top = 1
    for one in asked {
      if one.isChange, change(one.header, one.index, one.packet, &lines, &remarks) { continue }
      var line = EffectiveResult.HeaderLine(
        name: one.header.name, text: lead + Self.folded(one.header.value), change: .added(by: one.packet))
      switch ways {
      case .onTopByName where one.index > 0 && !one.isChange:
        lines.insert(line, at: place(of: one.header, one.index, in: lines))
      case .onTopByName:
        lines.insert(line, at: top)
        if isInOrder { top += 1 }
      case .onTop: lines.insert(line, at: 1)
      case .anywhere:
        line.isPlacedRoughly = true
        let isInserted = one.index > 0 && !one.isChange && Int(one.index) < lines.count
        lines.insert(line, at: isInserted ? Int(one.index) : lines.count)
      }
    }
    return (lines, remarks)
  }

  private func has(_ header: Header) -> Bool {
    header.value.isEmpty || seen.contains { sameHeaderName($0.name, header.name) }
  }

  /// Before the last of a name where there are fewer than its index says; on top where there is none.
  private func place(
    of header: Header, _ index: UInt32, in lines: [EffectiveResult.HeaderLine]
  ) -> Int {
    let named = lines.indices.filter {
      !lines[$0].isRemoved && !lines[$0].isOwnReceived && sameHeaderName(lines[$0].name, header.name)
    }
    return named.prefix(Int(min(index, 1000))).last ?? 1
  }

  /// - Returns: false where the header is to be added instead.
  private func change(
    _ header: Header, _ index: UInt32, _ packet: Int, _ lines: inout [EffectiveResult.HeaderLine],
    _ remarks: inout [EffectRemark]
  ) -> Bool {
    let named = lines.indices.filter {
      !lines[$0].isRemoved && !lines[$0].isOwnReceived && sameHeaderName(lines[$0].name, header.name)
    }
    if named.isEmpty {
      remarks.append(.noSuchHeader(header, packet))
      return header.value.isEmpty
    }
    guard index > 0, Int(index) <= named.count else {
      remarks.append(
        EffectRemark(
          packet: packet,
          text: index == 0
            ? "index 0 is no header there: nothing is changed"
            : "there are only \(named.count) of that name: nothing is changed"))
      return true
    }
    let line = named[Int(index) - 1]
    if header.value.isEmpty {
      if lines[line].isOfMilter { lines.remove(at: line) } else { lines[line].change = .removed(by: packet) }
    } else {
      lines[line].replace(header.name, lead + Self.folded(header.value), by: packet)
    }
    return true
  }
}
