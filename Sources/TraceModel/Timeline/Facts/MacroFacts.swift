import MilterProtocol

/// Macros in force, by libmilter's rules, each with the packet that brought it.
///
/// One set a stage; `D x` replaces the set of x; a command clears the sets of later stages, ABORT clears nothing; a
/// look-up searches from the latest stage back (`smfi_getsymval`, `engine.c`; protocol.md 5.4). Sets for letters
/// that libmilter has no slot for (`L`, `B`, `U`) are kept as well, in the order of the dialogue: Postfix sends
/// them, and a debugger shows what was sent. Where ``MacroScope`` keeps all of a set, this is bounded.
package struct MacroFacts: Hashable, Sendable {
  /// The letters with a slot, in the order in which they shadow one another.
  package static let letters: [UInt8] = Array("CHMRTLNBE".utf8)

  private var slots: [Slot] = []

  private struct Slot: Hashable, Sendable {
    var order: Int
    var values: [MacroFact]
  }

  package init() {}

  mutating func announced(_ packet: Packet, number: Int) {
    guard let letter = packet.bytes[packet.payload].first else { return }
    let order = Self.letters.firstIndex(of: letter) ?? Self.letters.count
    var values: [MacroFact] = []
    var strings = WireStrings(packet, from: 1)
    var kept = 0
    while values.count < FactLimits.entries, kept < FactLimits.messageBytes, let name = strings.next() {
      let value = Head(strings.next() ?? [])
      values.append(MacroFact(name: Head(name), value: value, letter: letter, packet: number))
      kept += name.count + value.bytes.count
    }
    slots.removeAll { $0.order == order }
    let at = slots.firstIndex { $0.order > order } ?? slots.count
    slots.insert(Slot(order: order, values: values), at: at)
  }

  /// The sets that a command makes void.
  mutating func commanded(_ kind: CommandKind) {
    switch kind {
    case .optNeg, .quit, .quitNC: slots.removeAll()
    case .connect, .helo, .mail, .rcpt:
      guard let order = Self.letters.firstIndex(of: kind.rawValue) else { return }
      slots.removeAll { $0.order > order }
    case .macro, .data, .header, .eoh, .body, .bodyEOB, .unknown, .abort: break
    }
  }

  /// The value in force; `i` and `{i}` are the same name.
  package func value(_ name: some Collection<UInt8>) -> MacroFact? {
    let name = Array(name)
    // Most are asked for without braces.
    let bare = name.first == UInt8(ascii: "{") ? Array(KnownMacro.bareName(name)) : name
    for slot in slots.indices.reversed() {
      if let fact = slots[slot].values.first(where: { $0.isNamed(bare) }) { return fact }
    }
    return nil
  }

  /// All that were sent under that name and still stand, the one in force first, then those that it shadows.
  package func values(_ name: some Collection<UInt8>) -> [MacroFact] {
    let bare = Array(KnownMacro.bareName(name))
    return slots.reversed().flatMap { $0.values.filter { $0.isNamed(bare) } }
  }

  /// Letters for which a set was announced, empty ones included, as far as they have a place of their own.
  package var announced: [UInt8] {
    slots.compactMap { Self.letters.indices.contains($0.order) ? Self.letters[$0.order] : nil }
  }

  /// Every value in the order of the dialogue, shadowed ones included.
  package var all: [MacroFact] { slots.flatMap(\.values) }
}

/// One macro as it was announced.
package struct MacroFact: Hashable, Sendable {
  /// As sent: `i` bare, longer names usually in braces.
  package var name: Head
  package var value: Head
  /// Letter of the command that it was announced for.
  package var letter: UInt8
  package var packet: Int

  /// - Parameter bare: a name without braces.
  func isNamed(_ bare: [UInt8]) -> Bool {
    let sent = name.bytes
    if sent.count == bare.count { return sent == bare }
    guard sent.count == bare.count + 2, sent.first == UInt8(ascii: "{"), sent.last == UInt8(ascii: "}") else {
      return false
    }
    return sent[1..<(sent.count - 1)].elementsEqual(bare)
  }
}
