/// The macros that a milter may look up at a moment, by libmilter's rules (`smfi_getsymval` in smfi.c, engine.c).
///
/// One set for each stage; a look-up goes from the latest stage backwards, so a newer value shadows an older one.
/// MACRO replaces the set of its stage. CONNECT clears HELO and later, HELO clears MAIL and later, MAIL clears RCPT
/// and later, RCPT clears DATA and later; OPTNEG, QUIT and QUIT_NC clear all; ABORT clears nothing. Other
/// implementations differ.
package struct MacroScope: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    /// As it was sent, braces included.
    package var name: [UInt8]
    package var value: [UInt8]
    package var stage: MacroStage
    /// Number of the MACRO packet.
    package var packet: Int
  }

  /// The sets in force, by ``MacroStage/order``.
  private var sets: [[Entry]] = Array(repeating: [], count: MacroStage.allCases.count)

  package init() {}

  /// Takes a packet of the MTA into account; others change nothing.
  package mutating func received(_ packet: Packet, number: Int) {
    guard case .command(let kind) = packet.kind else { return }
    switch kind {
    case .macro: replace(packet, number)
    case .connect: clear(after: .connect)
    case .helo: clear(after: .helo)
    case .mail: clear(after: .mail)
    case .rcpt: clear(after: .rcpt)
    case .optNeg, .quit, .quitNC: self = MacroScope()
    case .data, .header, .eoh, .body, .bodyEOB, .unknown, .abort: break
    }
  }

  /// The value in force of the macro, named with or without braces.
  package func value(of name: some Collection<UInt8>) -> [UInt8]? { entry(of: name)?.value }

  package func entry(of name: some Collection<UInt8>) -> Entry? {
    let bare = Array(KnownMacro.bareName(name))
    for set in sets.reversed() {
      if let entry = set.first(where: { KnownMacro.bareName($0.name).elementsEqual(bare) }) { return entry }
    }
    return nil
  }

  /// What is in force, latest stage first, each with the older values that it shadows, newest first.
  package var inForce: [(entry: Entry, older: [Entry])] {
    var list: [(entry: Entry, older: [Entry])] = []
    for entry in sets.reversed().joined() {
      let bare = KnownMacro.bareName(entry.name)
      if let index = list.firstIndex(where: { KnownMacro.bareName($0.entry.name).elementsEqual(bare) }) {
        list[index].older.append(entry)
      } else {
        list.append((entry, []))
      }
    }
    return list
  }

  /// The set of one stage, in the order in which it was sent.
  package func entries(at stage: MacroStage) -> [Entry] { sets[stage.order] }

  private mutating func replace(_ packet: Packet, _ number: Int) {
    guard case .macro(let command, let strings) = Dissection(packet).shape,
      let stage = MacroStage(command: command)
    else { return }
    var list = StringList(strings, of: packet)
    var entries: [Entry] = []
    while let name = list.next(), let value = list.next() {
      entries.append(
        Entry(
          name: Array(packet.bytes[name]), value: Array(packet.bytes[value]), stage: stage, packet: number))
    }
    sets[stage.order] = entries
  }

  private mutating func clear(after stage: MacroStage) {
    for order in (stage.order + 1)..<sets.count { sets[order] = [] }
  }
}
