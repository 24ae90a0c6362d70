import MilterProtocol

/// Macros in force, by libmilter's rules, each with the packet that brought it.
///
/// One set a stage; `D x` replaces the set of x; a command clears the sets of later stages, ABORT clears nothing; a
/// look-up searches from the latest stage back (`smfi_getsymval`, `engine.c`; protocol.md 5.4). Sets for letters
/// that libmilter has no slot for (`L`, `B`, `U`) are kept as well, in the order of the dialogue: Postfix sends
/// them, and a debugger shows what was sent.
///
/// The packets themselves are kept, and read when somebody asks: most macros are never looked at.
package struct MacrosInForce: Sendable {
  /// The letters with a slot, in the order in which they shadow one another.
  package static let letters: [UInt8] = Array("CHMRTLNBE".utf8)

  private var slots: [Slot] = []

  private struct Slot: Sendable {
    let order: Int
    let number: Int
    let packet: Packet
  }

  package init() {}

  /// Those of one packet alone.
  package init(announcedBy packet: Packet, number: Int) { announced(packet, number: number) }

  mutating func announced(_ packet: Packet, number: Int) {
    guard let letter = packet.bytes[packet.payload].first else { return }
    let order = Self.order(of: letter)
    slots.removeAll { $0.order == order }
    let at = slots.firstIndex { $0.order > order } ?? slots.count
    slots.insert(Slot(order: order, number: number, packet: Self.bounded(packet)), at: at)
  }

  private static func order(of letter: UInt8) -> Int { letters.firstIndex(of: letter) ?? letters.count }

  /// Of a set beyond what a connection may keep, its beginning.
  private static func bounded(_ packet: Packet) -> Packet {
    guard packet.bytes.count > FactLimits.messageBytes else { return packet }
    return Packet(frame: Array(packet.bytes.prefix(FactLimits.messageBytes)), from: packet.sender)
  }

  /// The sets that a command makes void.
  mutating func commanded(_ kind: CommandKind) {
    switch kind {
    case .optNeg, .quit, .quitNC: slots.removeAll()
    case .connect, .helo, .mail, .rcpt:
      let order = Self.order(of: kind.rawValue)
      slots.removeAll { $0.order > order }
    case .macro, .data, .header, .eoh, .body, .bodyEOB, .unknown, .abort: break
    }
  }

  /// The value in force; `i` and `{i}` are the same name.
  @inlinable
  package func value(_ name: some Collection<UInt8>) -> MacroFact? { value(named: Array(name)) }

  package func value(named name: [UInt8]) -> MacroFact? {
    find(name).map { MacroFact($0.pair, of: $0.slot.packet, number: $0.slot.number) }
  }

  /// The bytes of the value in force.
  @inlinable
  package func bytes(of name: some Collection<UInt8>) -> ArraySlice<UInt8>? { bytes(named: Array(name)) }

  package func bytes(named name: [UInt8]) -> ArraySlice<UInt8>? {
    find(name).map { $0.slot.packet.bytes[$0.pair.value] }
  }

  /// The same of the set for the command of that letter, whatever a later stage has.
  package func bytes(named name: [UInt8], announcedFor letter: UInt8) -> ArraySlice<UInt8>? {
    let bare = KnownMacro.bareName(name)
    for slot in slots where slot.packet.bytes[slot.packet.payload].first == letter {
      if let pair = MacroPairs(of: slot.packet).first(where: { slot.packet.isMacro($0, named: bare) }) {
        return slot.packet.bytes[pair.value]
      }
    }
    return nil
  }

  private func find(_ name: [UInt8]) -> (slot: Slot, pair: MacroPairs.Pair)? {
    let bare = KnownMacro.bareName(name)
    for slot in slots.reversed() {
      if let pair = MacroPairs(of: slot.packet).first(where: { slot.packet.isMacro($0, named: bare) }) {
        return (slot, pair)
      }
    }
    return nil
  }

  /// All that were sent under that name and still stand, the one in force first, then those that it shadows.
  package func values(_ name: some Collection<UInt8>) -> [MacroFact] {
    let name = Array(name)
    let bare = KnownMacro.bareName(name)
    return slots.reversed().flatMap { slot in
      MacroPairs(of: slot.packet).filter { slot.packet.isMacro($0, named: bare) }
        .map { MacroFact($0, of: slot.packet, number: slot.number) }
    }
  }

  /// Letters for which a set was announced, empty ones included, as far as they have a place of their own.
  package var announced: [UInt8] {
    slots.compactMap { Self.letters.indices.contains($0.order) ? Self.letters[$0.order] : nil }
  }

  /// The packet of the set for that letter, be it empty; nil where none was announced, or a command made it void.
  package func packet(announcedFor letter: UInt8) -> Int? {
    slots.last { $0.order == Self.order(of: letter) && $0.packet.bytes[$0.packet.payload].first == letter }?
      .number
  }

  /// Every value in the order of the dialogue, shadowed ones included.
  package var all: [MacroFact] {
    slots.flatMap { slot in
      MacroPairs(of: slot.packet).map { MacroFact($0, of: slot.packet, number: slot.number) }
    }
  }
}

/// One macro as it was announced.
package struct MacroFact: Equatable, Sendable {
  /// As sent: `i` bare, longer names usually in braces.
  package var name: Head
  package var value: Head
  /// Letter of the command that it was announced for.
  package var letter: UInt8
  package var packet: Int

  fileprivate init(_ pair: MacroPairs.Pair, of packet: Packet, number: Int) {
    name = Head(packet.bytes[pair.name])
    value = Head(packet.bytes[pair.value])
    letter = packet.bytes[packet.payload].first ?? 0
    self.packet = number
  }
}

/// Names and values of a MACRO packet by their ranges; a last name without a value has an empty one.
package struct MacroPairs: Sequence, IteratorProtocol {
  package typealias Pair = (name: Range<Int>, value: Range<Int>)

  private var strings: StringList
  private let end: Int

  package init(of packet: Packet) {
    let payload = packet.payload
    strings = StringList(
      Swift.min(payload.lowerBound + 1, payload.upperBound)..<payload.upperBound, of: packet)
    end = payload.upperBound
  }

  package mutating func next() -> Pair? {
    guard let name = strings.next() else { return nil }
    return (name, strings.next() ?? end..<end)
  }
}

extension Packet {
  /// Whether it is a set of macros with that one, `name` being bare.
  package func announces(_ name: [UInt8]) -> Bool {
    var pairs = MacroPairs(of: self)
    while let pair = pairs.next() {
      if isMacro(pair, named: name[...]) { return true }
    }
    return false
  }

  /// - Parameter bare: a name without braces.
  fileprivate func isMacro(_ pair: MacroPairs.Pair, named bare: ArraySlice<UInt8>) -> Bool {
    let sent = bytes[pair.name]
    if sent.count == bare.count { return sent.elementsEqual(bare) }
    return sent.count == bare.count + 2 && KnownMacro.bareName(sent).elementsEqual(bare)
  }
}
