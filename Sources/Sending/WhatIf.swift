import Mail
import MilterProtocol
import TraceModel

/// What the MTA of a recorded connection says if something about it is otherwise.
///
/// 1. `set` and `raw` change a packet as they do where one is held. A macro goes to the macros that travel with the command, and to
///    new ones where there are none.
/// 2. `drop` leaves a packet out, with its macros; `close mta` all that follows.
/// 3. Modifications are changes to the mail that the MTA has: headers, recipients, sender and body are said as if it had come so.
package struct WhatIf {
  package private(set) var lines: [ReplayedMTA.Line]
  /// Rows of packets that are said no more.
  package private(set) var unsaid: [Int] = []
  private let read: (Int) -> Packet?
  /// Whether values of headers travel with the blank behind the colon.
  private let isSpaced: Bool
  /// Where the last change was: the next one is not far.
  private var latest = 0
  private var why: Sentence = ""

  /// - Parameter read: the packet of a row of the trace.
  package init(
    _ lines: [ReplayedMTA.Line], headersKeepBlank isSpaced: Bool, reading read: @escaping (Int) -> Packet?
  ) {
    (self.lines, self.isSpaced, self.read) = (lines, isSpaced, read)
  }

  /// Why an instruction has no meaning for an MTA that is played; nil where it has one.
  package static func refusal(of instruction: Instruction) -> Refusal? {
    switch instruction {
    case .set(let assignment):
      switch assignment.field {
      case .headerIndex, .replyCode, .replyText, .reason, .symbolList:
        return Refusal("\(assignment.field.name) is the milter's: what can be changed is what the MTA says")
      case .mailAddress, .mailArguments, .rcptAddress, .rcptArguments, .heloName, .clientHost, .clientFamily,
        .clientAddress, .clientPort, .headerName, .headerValue, .body, .unknownLine, .version, .actions,
        .protocolFlags, .macroCommand, .macro:
        return nil
      }
    case .change(.quarantine): return Refusal("a quarantine is the milter's: the MTA has none to say")
    case .raw, .drop, .change, .close(.mta): return nil
    case .answer, .progress: return Refusal("nobody waits for a verdict but us: the milter gives them")
    case .close(.milter): return Refusal("only the MTA is played: close mta ends its session there")
    case .fault:
      return Refusal(
        "a replay says what an MTA says: faults are for rules and the prompt, and for send --provoke")
    case .hold, .ask, .forward, .forwardAll, .step, .revert, .delay, .mark, .unmark, .note:
      return Refusal("nothing is held in a replay: only what the MTA says can be changed")
    }
  }

  /// - Parameters:
  ///   - row: of the packet that the instruction is given for; it may be said no more by now.
  ///   - why: what the trace of the replay tells of each packet that is changed.
  package mutating func apply(
    _ instruction: Instruction, at row: Int, because why: Sentence
  ) throws(Refusal) {
    if let refusal = Self.refusal(of: instruction) { throw refusal }
    guard let place = place(of: row) else { throw Refusal("it is left out already") }
    (latest, self.why) = (place, why)
    switch instruction {
    case .set(let assignment): try assign(assignment, at: place)
    case .raw(let bytes): change(place, to: Packet(frame: bytes, from: .mta))
    case .drop:
      if lines[place].kind == .optNeg { throw Refusal("without OPTNEG the session cannot begin") }
      remove(place)
    case .close: drop(place + 1..<lines.count)
    case .change(let change): try self.change(change, inMailOf: place)
    case .answer, .progress, .hold, .ask, .forward, .forwardAll, .step, .revert, .delay, .fault, .mark,
      .unmark,
      .note:
      break
    }
  }

  private func place(of row: Int) -> Int? {
    let start = min(latest, lines.count)
    return lines[start...].firstIndex { $0.row == row } ?? lines[..<start].lastIndex { $0.row == row }
  }

  // MARK: - Packets

  private func packet(_ place: Int) -> Packet? {
    lines[place].change?.packet ?? lines[place].row.flatMap(read)
  }

  private func value(_ place: Int) -> PacketValue? { packet(place).map { PacketValue(decoding: $0) } }

  private mutating func change(_ place: Int, to packet: Packet) {
    lines[place].change = ReplayedMTA.Line.Change(packet: packet, why: why)
    lines[place].kind = if case .command(let kind) = packet.kind { kind } else { nil }
  }

  private mutating func change(_ place: Int, to command: Command) {
    change(place, to: Packet(encoding: command))
  }

  /// A packet that the trace does not have, in front of that place; it belongs to what is said at `model`.
  private mutating func insert(_ command: Command, at place: Int, like model: Int) {
    let (model, kind) = (lines[model], command.kind)
    var line = ReplayedMTA.Line(
      row: nil, kind: kind, stage: kind == .macro ? model.stage : kind.stage, time: model.time,
      message: model.message)
    line.change = ReplayedMTA.Line.Change(packet: Packet(encoding: command), why: why)
    lines.insert(line, at: place)
  }

  /// A command, with its macros.
  private mutating func remove(_ place: Int) { drop((macroPlaces(of: place).first ?? place)..<place + 1) }

  private mutating func drop(_ places: Range<Int>) {
    unsaid += lines[places].compactMap(\.row)
    lines.removeSubrange(places)
  }

  // MARK: - Fields

  private mutating func assign(_ assignment: Assignment, at place: Int) throws(Refusal) {
    guard assignment.field.isOfMacros, lines[place].kind != .macro else {
      return try edit(place, by: assignment)
    }
    if let macros = macroPlaces(of: place).last { return try edit(macros, by: assignment) }
    guard case .macro = assignment.field, let kind = lines[place].kind else {
      throw Refusal("no macros travel with this packet")
    }
    let none = Command.macro(MacroSet(command: kind.rawValue, pairs: []))
    guard case .command(let macros) = try assignment.applied(to: .command(none)) else { return }
    insert(macros, at: place, like: place)
  }

  private mutating func edit(_ place: Int, by assignment: Assignment) throws(Refusal) {
    guard let value = value(place) else { throw Refusal("it cannot be read back") }
    change(place, to: Packet(encoding: try assignment.applied(to: value), from: .mta))
  }

  /// Macros that travel with a command, directly in front of it.
  private func macroPlaces(of place: Int) -> Range<Int> {
    var start = place
    while start > 0, lines[start - 1].kind == .macro, lines[start - 1].stage == lines[place].stage {
      start -= 1
    }
    return start..<place
  }

  // MARK: - The mail

  private mutating func change(_ change: Change, inMailOf place: Int) throws(Refusal) {
    guard let message = lines[place].message else {
      throw Refusal("it belongs to no mail, so there is nothing that could be changed so")
    }
    let headers = places(of: .header, in: message).compactMap { header($0) }
    let plan = ChangePlan([change], headers: headers, body: body(of: message))
    if let refused = plan.refused.first { throw refused.refusal }
    var body: [UInt8]?
    for modification in plan.steps.flatMap(\.modifications) {
      let modification = isSpaced ? modification.withLeadingSpace : modification
      if case .replBody(let chunk) = modification {
        body = (body ?? []) + chunk
      } else {
        try carryOut(modification, in: message)
      }
    }
    if let body { try replaceBody(body, of: message) }
  }

  private func places(of kind: CommandKind, in message: Int) -> [Int] {
    lines.indices.filter { lines[$0].message == message && lines[$0].kind == kind }
  }

  private func header(_ place: Int) -> Header? {
    if case .command(.header(let header))? = value(place) { header } else { nil }
  }

  private mutating func carryOut(_ modification: Modification, in message: Int) throws(Refusal) {
    switch modification {
    case .addHeader(let header): try add(header, to: message)
    case .insHeader(let index, let header):
      let places = places(of: .header, in: message)
      guard Int(index) < places.count else { return try add(header, to: message) }
      let place = places[Int(index)]
      insert(.header(header), at: macroPlaces(of: place).lowerBound, like: place)
    case .chgHeader(let index, let header):
      let named = places(of: .header, in: message).filter { place in
        self.header(place).map { sameHeaderName($0.name, header.name) } ?? false
      }
      guard let place = named.dropFirst(max(Int(index), 1) - 1).first else {
        if !header.value.isEmpty { try add(header, to: message) }
        return
      }
      if header.value.isEmpty { remove(place) } else { change(place, to: .header(header)) }
    case .addRcpt(let address): try add(Envelope(address: address, arguments: []), to: message)
    case .addRcptPar(let address, let parameters):
      try add(Envelope(address: address, arguments: words(parameters)), to: message)
    case .delRcpt(let address): try remove(recipient: address, of: message)
    case .chgFrom(let address, let parameters):
      guard let place = places(of: .mail, in: message).first, case .command(.mail(var sender))? = value(place)
      else { throw Refusal("the trace has no MAIL of this mail") }
      sender.address = address
      if parameters != nil { sender.arguments = words(parameters) }
      change(place, to: .mail(sender))
      rename("mail_addr", to: address, at: place)
    case .replBody, .quarantine: break
    }
  }

  private func words(_ parameters: [UInt8]?) -> [[UInt8]] {
    (parameters ?? []).split(separator: 0x20).map(Array.init)
  }

  /// Behind the last header.
  private mutating func add(_ header: Header, to message: Int) throws(Refusal) {
    if let last = places(of: .header, in: message).last {
      return insert(.header(header), at: last + 1, like: last)
    }
    let ends: [CommandKind] = [.eoh, .body, .bodyEOB]
    guard let end = ends.compactMap({ self.places(of: $0, in: message).first }).first else {
      throw Refusal("the trace does not have the content of this mail")
    }
    insert(.header(header), at: macroPlaces(of: end).lowerBound, like: end)
  }

  private mutating func add(_ recipient: Envelope, to message: Int) throws(Refusal) {
    guard let last = places(of: .rcpt, in: message).last else {
      throw Refusal("the trace has no RCPT of this mail")
    }
    let macros = macroPlaces(of: last).compactMap { self.value($0) }
    var place = last + 1
    for case .command(let command) in macros {
      insert(command, at: place, like: last)
      place += 1
    }
    insert(.rcpt(recipient), at: place, like: last)
    rename("rcpt_addr", to: recipient.address, at: place)
  }

  private mutating func remove(recipient address: [UInt8], of message: Int) throws(Refusal) {
    let gone = places(of: .rcpt, in: message).filter { place in
      if case .command(.rcpt(let recipient))? = value(place) {
        recipient.address.bare == address.bare
      } else {
        false
      }
    }
    if gone.isEmpty { throw Refusal("the mail has no recipient \(wire: address)") }
    for place in gone.reversed() { remove(place) }
  }

  /// The macro that tells an address, where it is sent.
  private mutating func rename(_ macro: String, to address: [UInt8], at place: Int) {
    for place in macroPlaces(of: place) {
      guard case .command(.macro(var set))? = value(place) else { continue }
      let told = set.pairs.firstIndex { KnownMacro.bareName($0.name).elementsEqual(macro.utf8) }
      guard let told else { continue }
      set.pairs[told].value = Array(address.bare)
      change(place, to: .macro(set))
    }
  }

  // MARK: - The body

  private func body(of message: Int) -> [UInt8]? {
    let places = places(of: .body, in: message) + places(of: .bodyEOB, in: message)
    return places.isEmpty
      ? nil : places.compactMap { packet($0) }.flatMap { $0.bytes[$0.payload] }
  }

  private mutating func replaceBody(_ body: [UInt8], of message: Int) throws(Refusal) {
    guard let end = places(of: .bodyEOB, in: message).first else {
      throw Refusal("the trace does not have the end of this mail")
    }
    if case .command(.bodyEOB(let rest))? = value(end), !rest.isEmpty { change(end, to: .bodyEOB([])) }
    for place in places(of: .body, in: message).reversed() { remove(place) }
    guard var place = places(of: .bodyEOB, in: message).first else { return }
    place = macroPlaces(of: place).lowerBound
    for start in stride(from: 0, to: body.count, by: Limits.chunkBytes) {
      let chunk = Array(body[start..<min(start + Limits.chunkBytes, body.count)])
      insert(.body(chunk), at: place, like: place)
      place += 1
    }
  }
}

extension [UInt8] {
  /// An address without its brackets.
  fileprivate var bare: ArraySlice<UInt8> {
    count > 1 && first == UInt8(ascii: "<") && last == UInt8(ascii: ">") ? self[1..<count - 1] : self[...]
  }
}
