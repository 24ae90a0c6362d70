import MilterProtocol
import TraceModel

extension Instruction {
  /// The text that parses to this instruction.
  package var text: String {
    switch self {
    case .hold: "hold"
    case .ask(let adviser): adviser.written
    case .forward: "forward"
    case .forwardAll: "forward all"
    case .step: "step"
    case .drop: "drop"
    case .answer(.custom(let reply)): reply.text
    case .answer(let answer): answer.name
    case .progress: "progress"
    case .change(let change): change.text
    case .set(let assignment): "set \(assignment.field.text) \(Quoting.valued(assignment.value))"
    case .raw(let bytes): "raw \(HexDigit.pairs(bytes))"
    case .revert(.all): "revert"
    case .revert(.last): "revert last"
    case .delay(let span): "delay \(Units.duration(span.microseconds))"
    case .close(let leg): "close \(leg.name)"
    case .fault(let fault): fault.text
    case .mark: "mark"
    case .unmark: "unmark"
    case .note(let text): "note \(ValuedText(Array(text.utf8)).quoted)"
    }
  }
}

extension Adviser {
  fileprivate var written: String {
    var words = ["ask"]
    if isPersistent { words.append("--persistent") }
    if allowsRemote { words.append("--allow-remote") }
    if let limit { words.append("--within \(Units.duration(limit.microseconds))") }
    if let fallback { words.append("--else \(fallback.name)") }
    return (words + [Quoting.string(Array(text.utf8))]).joined(separator: " ")
  }
}

extension Fault {
  fileprivate var text: String {
    switch self {
    case .extra(let extra, let leg): "extra \(leg.map { $0.name + " " } ?? "")\(extra.text)"
    case .duplicate: "duplicate"
    case .truncate(let count): "truncate \(count)"
    case .shorten(let count): "shorten \(count)"
    case .append(let bytes): "append \(HexDigit.pairs(bytes))"
    case .corrupt(let offset, let bytes): "corrupt \(offset) \(HexDigit.pairs(bytes))"
    case .split(let count, Self.splitPause): "split \(count)"
    case .split(let count, let pause): "split \(count) \(Units.duration(pause.microseconds))"
    case .coalesce: "coalesce"
    case .reorder: "reorder"
    case .provoke(let id): "provoke \(id)"
    case .silence(let leg): "silence" + (leg.map { " " + $0.name } ?? "")
    case .storm(Self.stormCount): "progress storm"
    case .storm(let count): "progress storm \(count)"
    case .breakOff(let leg, let resets, let after):
      "close \(leg.name)\(resets ? " reset" : "")\(after.map { " after \($0)" } ?? "")"
    }
  }
}

extension Fault.Extra {
  fileprivate var text: String {
    switch self {
    case .frame(let bytes): HexDigit.pairs(bytes)
    case .answer(let answer): Instruction.answer(answer).text
    case .progress: Instruction.progress.text
    case .change(let change): change.text
    }
  }
}

extension HexDigit {
  fileprivate static func pairs(_ bytes: [UInt8]) -> String { bytes.map(pair).joined() }
}

extension CustomReply {
  fileprivate var text: String {
    (["reply", String(code)] + (status.map { [$0.text] } ?? []) + lines.map { ValuedText($0).quoted }).joined(
      separator: " ")
  }
}

extension Change {
  fileprivate var text: String {
    switch self {
    case .addHeader(let header): "add-header \(Quoting.name(header.name)) \(Quoting.valued(header.value))"
    case .insertHeader(let index, let header):
      "insert-header \(index) \(Quoting.name(header.name)) \(Quoting.valued(header.value))"
    case .changeHeader(let index, let header):
      "change-header \(Quoting.name(header.name))\(index == 1 ? "" : "[\(index)]") \(Quoting.valued(header.value))"
    case .prefixHeader(let header):
      "prefix-header \(Quoting.name(header.name)) \(Quoting.valued(header.value))"
    case .deleteHeader(let pattern, let index):
      "delete-header \(Quoting.name(pattern.bytes))\(index.map { "[\($0)]" } ?? "")"
    case .addRcpt(let address, let parameters):
      "add-rcpt \(Quoting.valued(address))\(parameters.map { " " + ValuedText($0).quoted } ?? "")"
    case .deleteRcpt(let address): "delete-rcpt \(Quoting.valued(address))"
    case .changeFrom(let address, let parameters):
      "change-from \(Quoting.valued(address))\(parameters.map { " " + ValuedText($0).quoted } ?? "")"
    case .replaceBody(let source): "replace-body \(source.text)"
    case .quarantine(let reason): "quarantine \(ValuedText(reason).quoted)"
    case .deletePart(let choice): "delete-part \(choice.text)"
    case .defang(let choice): "defang \(choice.text)"
    case .replacePart(let choice, let source): "replace-part \(choice.text) \(source.text)"
    }
  }
}

extension Change.PartChoice {
  fileprivate var text: String {
    switch self {
    case .number(let number): "\(number)"
    case .type(let glob): "type \(Quoting.string(glob.bytes))"
    case .name(let glob): "name \(Quoting.string(glob.bytes))"
    }
  }
}

extension Change.BodySource {
  fileprivate var text: String {
    switch self {
    case .aboutPart(let words): ValuedText(words.flatMap(\.source)).quoted
    case .text(let bytes): ValuedText(bytes).quoted
    case .file(let path): "@" + Quoting.argument(Array(path.utf8))
    }
  }
}

extension Quoting {
  /// As it is where it is one plain word without braces, otherwise as a string.
  fileprivate static func valued(_ bytes: [UInt8]) -> String {
    bytes.contains(ValuedText.brace) ? ValuedText(bytes).quoted : argument(bytes)
  }
}

extension Statement {
  /// The text that parses to this statement.
  package var text: String {
    switch self {
    case .instruction(let instruction): instruction.text
    case .rule(let rule): rule.text
    case .console(let console): console.text
    }
  }
}

extension ConsoleInstruction {
  package var text: String {
    switch self {
    case .apply(let expression, let instructions):
      "apply \(expression.text) do \(instructions.map(\.text).joined(separator: "; "))"
    case .edit: "edit"
    case .filter(let expression): "filter" + (expression.map { " " + $0.text } ?? "")
    case .search(let text): "search \(Quoting.string(text))"
    case .goTo(let number): "goto \(number)"
    case .write(let file): "write \(Quoting.argument(Array(file.utf8)))"
    case .export(let order): order.text
    case .savePart(let number, let file): "save-part \(number) \(Quoting.argument(Array(file.utf8)))"
    case .option(let name, let value): "set \(name) \(Quoting.argument(Array(value.utf8)))"
    case .bind(let key, let statements):
      "bind \(Quoting.argument(Array(key.utf8))) \(statements.map(\.text).joined(separator: "; "))"
    case .unbind(let key): "unbind \(Quoting.argument(Array(key.utf8)))"
    case .rules: "rules"
    case .arm(let on): "rules \(on ? "on" : "off")"
    case .rule(let number, let act): "rule \(number) \(act.rawValue)"
    case .screen("explain", nil): "explain"
    case .screen(let name, let count): "screen \(name)" + (count.map { " \($0)" } ?? "")
    case .quit: "quit"
    }
  }
}
