import MilterProtocol
import TraceModel

/// What the operator asked for: value by value where it is an instruction, word by word where it is not.
extension Redactor {
  mutating func instructed(_ instructed: Instructed) -> Instructed {
    var new = instructed
    new.cause = cause(instructed.cause)
    new.refusal = instructed.refusal.map { sentence($0) }
    new.instruction = instructed.instruction.flatMap { instruction($0) }
    new.text = new.instruction.map(language.text) ?? own(instructed.text)
    return new
  }

  /// Nil where the field could not hold what became of its value.
  private mutating func instruction(_ instruction: Instruction) -> Instruction? {
    switch instruction {
    case .answer(.custom(let reply)):
      let lines = reply.lines.map { valued($0) { $0.replaced($1, .said) } }
      return (try? CustomReply(code: reply.code, status: reply.status, lines: lines)).map {
        .answer(.custom($0))
      }
    case .change(let change): return .change(self.change(change))
    case .set(let assignment):
      return (try? Assignment(assignment.field, value(of: assignment))).map(Instruction.set)
    case .raw(let frame): return .raw(self.frame(frame))
    case .fault(let fault): return self.fault(fault).map(Instruction.fault)
    case .note(let text):
      let new = valued(Array(text.utf8)) { Array($0.text(String(decoding: $1, as: UTF8.self)).utf8) }
      return .note(String(decoding: new, as: UTF8.self))
    case .ask(let adviser):
      return
        (try? Adviser(
          own(adviser.text), isPersistent: adviser.isPersistent, allowsRemote: adviser.allowsRemote,
          limit: adviser.limit,
          fallback: adviser.fallback))
        .map(Instruction.ask)
    case .answer, .hold, .forward, .forwardAll, .step, .drop, .progress, .revert, .delay, .close, .mark,
      .unmark:
      return instruction
    }
  }

  private mutating func frame(_ frame: [UInt8]) -> [UInt8] {
    guard frame.count > Limits.lengthBytes else { return frame }
    let sender: Leg = CommandKind(rawValue: frame[Limits.lengthBytes]) == nil ? .milter : .mta
    return packet(Packet(frame: frame, from: sender)).bytes
  }

  private mutating func fault(_ fault: Fault) -> Fault? {
    switch fault {
    case .extra(.frame(let bytes), let leg): .extra(.frame(frame(bytes)), to: leg)
    case .extra(.change(let change), let leg): .extra(.change(self.change(change)), to: leg)
    case .extra(.answer(let answer), let leg):
      if case .answer(let replaced)? = instruction(.answer(answer)) {
        .extra(.answer(replaced), to: leg)
      } else {
        nil
      }
    // What stands where in a packet of somebody is not known.
    case .append(let bytes): .append(replaced(bytes, .said))
    case .corrupt(let offset, let bytes): .corrupt(offset: offset, replaced(bytes, .said))
    case .extra(.progress, _), .duplicate, .truncate, .shorten, .split, .coalesce, .reorder, .silence, .storm,
      .breakOff, .provoke:
      fault
    }
  }

  private mutating func change(_ change: Change) -> Change {
    switch change {
    case .addHeader(let header): .addHeader(self.header(header))
    case .insertHeader(let index, let header): .insertHeader(index: index, self.header(header))
    case .changeHeader(let index, let header): .changeHeader(index: index, self.header(header))
    case .prefixHeader(let header): .prefixHeader(self.header(header))
    case .addRcpt(let address, let words):
      .addRcpt(address: self.mailbox(address), parameters: words.map { arguments($0) })
    case .deleteRcpt(let address): .deleteRcpt(address: self.mailbox(address))
    case .changeFrom(let address, let words):
      .changeFrom(address: self.mailbox(address), parameters: words.map { arguments($0) })
    case .replaceBody(let source): .replaceBody(self.source(source))
    case .replacePart(let choice, let source): .replacePart(part(choice), self.source(source))
    case .deletePart(let choice): .deletePart(part(choice))
    case .defang(let choice): .defang(part(choice))
    case .quarantine(let reason): .quarantine(reason: valued(reason) { $0.replaced($1, .said) })
    case .deleteHeader: change
    }
  }

  /// What is ours around the values of a text; these stay.
  private mutating func valued(
    _ text: [UInt8], _ replace: (inout Redactor, [UInt8]) -> [UInt8]
  ) -> [UInt8] {
    language.pieces(text).flatMap { $0.isValue ? $0.bytes : replace(&self, $0.bytes) }
  }

  private mutating func mailbox(_ address: [UInt8]) -> [UInt8] {
    valued(address) { $0.replaced($1, .secret) }
  }
  private mutating func arguments(_ words: [UInt8]) -> [UInt8] { valued(words) { $0.parameters($1) } }

  private mutating func header(_ header: Header) -> Header {
    remember(headerName: header.name)
    return Header(name: header.name, value: valued(header.value) { $0.headerValue(header.name, $1, .said) })
  }

  private mutating func source(_ source: Change.BodySource) -> Change.BodySource {
    switch source {
    case .text(let bytes): .text(valued(bytes) { $0.body($1, headers: []) })
    case .file(let path): .file(self.path(path))
    // Only where it is carried out, never in a trace.
    case .aboutPart: source
    }
  }

  /// A pattern over names says as much as a name.
  private mutating func part(_ choice: Change.PartChoice) -> Change.PartChoice {
    switch choice {
    case .number, .type: choice
    case .name(let glob): .name(Glob(replaced(glob.bytes, .said)))
    }
  }

  private mutating func value(of assignment: Assignment) -> [UInt8] {
    valued(assignment.value) { $0.value($1, of: assignment.field) }
  }

  private mutating func value(_ value: [UInt8], of field: Assignment.Field) -> [UInt8] {
    switch field {
    case .mailAddress, .rcptAddress, .heloName, .unknownLine, .headerValue: return replaced(value, .secret)
    case .mailArguments, .rcptArguments: return parameters(value)
    case .clientHost: return replaced(value, .technical)
    case .clientAddress: return address(value)
    case .replyText, .reason: return replaced(value, .said)
    case .body: return body(value, headers: [])
    case .macro(let name): return macroValue(String(decoding: name, as: UTF8.self), value)
    case .headerName:
      remember(headerName: value)
      return value
    case .clientFamily, .clientPort, .headerIndex, .replyCode, .version, .actions, .protocolFlags,
      .symbolList, .macroCommand:
      return value
    }
  }
}
