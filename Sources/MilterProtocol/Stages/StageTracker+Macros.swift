/// MACRO packets: whom they belong to, and what they tell about the MTA.
extension StageTracker {
  mutating func macro(_ arrival: Arrival, _ findings: inout [Finding]) -> Place {
    if position == .start {
      arrival.remark(.firstNotOptNeg, "MACRO is the first packet of the MTA", &findings)
      position = .ready
    }
    guard case .macro(let letter, let strings) = arrival.shape, !arrival.packet.payload.isEmpty else {
      return Place(stage: nil, message: message)
    }
    let kind = CommandKind(rawValue: letter)
    // A habit of Postfix, and of no other MTA that is known.
    if MacroStage(command: letter) == nil, mta != .postfix, !marks.contains(.saidMacroWithoutSlot) {
      marks.insert(.saidMacroWithoutSlot)
      let name: Sentence = kind.map { "\($0.name)" } ?? "'\(wire: [letter])'"
      arrival.remark(.macroWithoutSlot, "macros for \(name)", &findings)
    }
    signs.note(macros: arrival.packet, isRequested: negotiated.requestsMacros(at: .connect))
    if let awaited = queue.firstAwaited, awaited.stage.rawValue == letter, !marks.contains(.desynchronised) {
      arrival.remark(.macroTooLate, "macros for \(named(awaited)), which awaits its reply", &findings)
    }
    if kind == .rcpt, negotiated.flags.contains(.rejectedRcpt) { noteRefusal(arrival, strings) }
    if !unseenNames.isEmpty { remarkOnUnseen(letter, strings, arrival, &findings) }
    macros = (letter, arrival.number)
    return Place(stage: kind?.stage, message: messageOfMacros(for: kind))
  }

  func messageOfMacros(for kind: CommandKind?) -> Int {
    guard let kind, kind.isOfMessage else { return kind == .unknown ? message : 0 }
    return kind == .mail || message == 0 ? messages + 1 : message
  }

  /// Number of the MACRO packet that came right before its command.
  mutating func takeMacros(
    for kind: CommandKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) -> Int? {
    guard let last = macros else { return nil }
    macros = nil
    if last.letter == kind.rawValue { return last.number }
    // Normal where the stage is switched off: both MTAs send the macros all the same.
    if let stage = CommandKind(rawValue: last.letter)?.stage,
      stage.noCommandFlag.map({ !negotiated.flags.contains($0) }) ?? true
    {
      arrival.remark(
        .macroWithoutCommand, "macros for \(stage.name) (packet \(packet: last.number)), then \(kind.name)",
        &findings)
    }
    return nil
  }

  mutating func noteRefusal(_ arrival: Arrival, _ strings: Range<Int>) {
    marks.remove(.refusedRcpt)
    var list = StringList(strings, of: arrival.packet)
    while let name = list.next(), let value = list.next() {
      guard KnownMacro.bareName(arrival.packet.bytes[name]).elementsEqual("rcpt_mailer".utf8) else {
        continue
      }
      if arrival.packet.bytes[value].elementsEqual("error".utf8) { marks.insert(.refusedRcpt) }
    }
  }

  mutating func remarkOnUnseen(
    _ letter: UInt8, _ strings: Range<Int>, _ arrival: Arrival, _ findings: inout [Finding]
  ) {
    guard let stage = MacroStage(command: letter) else { return }
    var list = StringList(strings, of: arrival.packet)
    var seen: Set<[UInt8]> = []
    while let name = list.next(), list.next() != nil {
      seen.insert(Array(KnownMacro.bareName(arrival.packet.bytes[name])))
    }
    for unseen in unseenNames where unseen.stage == stage && !seen.contains(unseen.name) {
      arrival.remark(
        .listNameUnknown,
        "'\(wire: unseen.name)' was requested for \(stage.stage.name)",
        &findings)
    }
    unseenNames.removeAll { $0.stage == stage }
  }
}
