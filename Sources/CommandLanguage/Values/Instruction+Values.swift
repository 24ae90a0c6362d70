import MilterProtocol
import TraceModel

/// Texts of instructions that name values.
extension Instruction {
  /// What it comes to for a packet.
  package func filled(
    in context: some PacketContext, _ effort: inout SearchEffort
  ) throws(Refusal) -> Instruction {
    guard hasBraces else { return self }
    return try sayingPart.mapTexts { place, bytes throws(Refusal) in
      let text = ValuedText(bytes)
      let written = try text.written(in: place, context, &effort)
      if place == .address, written.isEmpty { throw Refusal("the address is empty: the null address is <>") }
      return written
    } fitting: { reply, lines in
      lines.map { reply.fitting($0) }
    }
  }

  /// The same where its texts are meant byte for byte.
  package var asItStands: Instruction {
    guard hasBraces else { return self }
    return (try? mapTexts { _, bytes in ValuedText.spelling(bytes) }) ?? self
  }

  /// The values that it asks for.
  package var values: [TextValue] { sayingPart.texts.flatMap { ValuedText($0).values } }

  private var hasBraces: Bool { texts.contains { $0.contains(ValuedText.brace) } }

  /// Its texts as they are written.
  package var texts: [[UInt8]] {
    switch self {
    case .answer(.custom(let reply)): return reply.lines
    case .change(let change), .fault(.extra(.change(let change), _)): return change.texts
    case .fault(.extra(.answer(.custom(let reply)), _)): return reply.lines
    case .set(let assignment): return assignment.field.textPlace == nil ? [] : [assignment.value]
    case .note(let text): return [Array(text.utf8)]
    case .answer, .hold, .ask, .forward, .forwardAll, .step, .drop, .progress, .raw, .fault, .revert, .delay,
      .close,
      .mark,
      .unmark:
      return []
    }
  }

  /// - Parameter fitting: makes lines of a reply as long as they may be.
  private func mapTexts(
    _ write: (TextPlace, [UInt8]) throws(Refusal) -> [UInt8],
    fitting: (CustomReply, [[UInt8]]) -> [[UInt8]] = { $1 }
  ) throws(Refusal) -> Instruction {
    func filled(_ reply: CustomReply) throws(Refusal) -> CustomReply {
      var lines: [[UInt8]] = []
      for line in reply.lines { lines.append(try write(.reply, line)) }
      return try CustomReply(code: reply.code, status: reply.status, lines: fitting(reply, lines))
    }
    switch self {
    case .answer(.custom(let reply)): return .answer(.custom(try filled(reply)))
    case .fault(.extra(.answer(.custom(let reply)), let leg)):
      return .fault(.extra(.answer(.custom(try filled(reply))), to: leg))
    case .change(let change), .fault(.extra(.change(let change), _)):
      return changing(try change.mapTexts(write))
    case .set(let assignment):
      guard let place = assignment.field.textPlace else { return self }
      return .set(try Assignment(assignment.field, try write(place, assignment.value)))
    case .note(let text):
      return .note(String(decoding: try write(.content, Array(text.utf8)), as: UTF8.self))
    case .answer, .hold, .ask, .forward, .forwardAll, .step, .drop, .progress, .raw, .fault, .revert, .delay,
      .close,
      .mark,
      .unmark:
      return self
    }
  }
}

extension Change {
  fileprivate var texts: [[UInt8]] {
    switch self {
    case .addHeader(let header), .insertHeader(_, let header), .changeHeader(_, let header),
      .prefixHeader(let header):
      [header.value]
    case .addRcpt(let address, let parameters), .changeFrom(let address, let parameters):
      [address] + (parameters.map { [$0] } ?? [])
    case .deleteRcpt(let address): [address]
    case .replaceBody(.text(let bytes)), .replacePart(_, .text(let bytes)): [bytes]
    case .replaceBody(.aboutPart(let words)), .replacePart(_, .aboutPart(let words)):
      words.compactMap { if case .plain(let bytes) = $0 { bytes } else { nil } }
    case .quarantine(let reason): [reason]
    case .replaceBody(.file), .replacePart(_, .file), .deleteHeader, .deletePart, .defang: []
    }
  }

  fileprivate func mapTexts(
    _ write: (TextPlace, [UInt8]) throws(Refusal) -> [UInt8]
  ) throws(Refusal) -> Change {
    func header(_ header: Header) throws(Refusal) -> Header {
      Header(name: header.name, value: try write(.header(name: header.name), header.value))
    }
    func arguments(_ bytes: [UInt8]?) throws(Refusal) -> [UInt8]? {
      guard let bytes else { return nil }
      return try write(.arguments, bytes)
    }
    switch self {
    case .addHeader(let old): return .addHeader(try header(old))
    case .insertHeader(let index, let old): return .insertHeader(index: index, try header(old))
    case .changeHeader(let index, let old): return .changeHeader(index: index, try header(old))
    case .prefixHeader(let old): return .prefixHeader(try header(old))
    case .addRcpt(let address, let parameters):
      return .addRcpt(address: try write(.address, address), parameters: try arguments(parameters))
    case .deleteRcpt(let address): return .deleteRcpt(address: try write(.address, address))
    case .changeFrom(let address, let parameters):
      return .changeFrom(address: try write(.address, address), parameters: try arguments(parameters))
    case .replaceBody(.text(let bytes)): return .replaceBody(.text(try write(.content, bytes)))
    case .replacePart(let choice, .text(let bytes)):
      return .replacePart(choice, .text(try write(.content, bytes)))
    case .replacePart(let choice, .aboutPart(let words)):
      var written: [Change.PartWord] = []
      for word in words {
        if case .plain(let bytes) = word {
          written.append(.plain(try write(.content, bytes)))
        } else {
          written.append(word)
        }
      }
      return .replacePart(choice, .aboutPart(written))
    case .quarantine(let reason): return .quarantine(reason: try write(.reason, reason))
    case .replaceBody(.file), .replaceBody(.aboutPart), .replacePart(_, .file), .deleteHeader, .deletePart,
      .defang:
      return self
    }
  }
}

extension Instruction {
  /// What a text in place of a part says of that part is known only once it is there.
  private var sayingPart: Instruction {
    guard case .change(.replacePart(let choice, .text(let bytes))) = self,
      let words = ValuedText(bytes).partWords
    else { return self }
    return .change(.replacePart(choice, .aboutPart(words)))
  }
}

extension Change.PartWord {
  /// As a text is written.
  var source: [UInt8] {
    switch self {
    case .plain(let bytes): bytes
    case .type: Array("{part.type}".utf8)
    case .name: Array("{part.name}".utf8)
    case .size: Array("{part.size}".utf8)
    }
  }
}

extension ValuedText {
  /// Cut at what it says of a part; nil where it says nothing of one.
  fileprivate var partWords: [Change.PartWord]? {
    let own: [(name: String, word: Change.PartWord)] = [
      ("part.type", .type), ("part.name", .name), ("part.size", .size),
    ]
    var isAboutPart = false
    let words = zip(parts, pieces).map { part, piece -> Change.PartWord in
      guard case .value(let value) = part, let word = own.first(where: { $0.name == value.text })?.word else {
        return .plain(piece.bytes)
      }
      isAboutPart = true
      return word
    }
    return isAboutPart ? words : nil
  }
}

extension Assignment.Field {
  /// nil for a field that holds numbers, flags or names of the protocol.
  var textPlace: TextPlace? {
    switch self {
    case .headerValue: .header(name: [])
    case .mailAddress, .rcptAddress: .address
    case .mailArguments, .rcptArguments: .arguments
    case .replyText: .reply
    case .reason: .reason
    case .heloName, .clientHost, .clientAddress, .headerName, .unknownLine, .macro: .field
    case .body: .content
    case .clientFamily, .clientPort, .headerIndex, .replyCode, .version, .actions, .protocolFlags,
      .symbolList,
      .macroCommand:
      nil
    }
  }
}

extension Instruction {
  /// The files whose contents it stands for (`replace-body @FILE`); whoever gives the instruction reads them.
  package var files: [String] {
    guard let change, case .file(let path)? = change.source else { return [] }
    return [path]
  }

  /// The same with each file replaced by its contents, byte for byte; nil where one is missing from `contents`.
  ///
  /// The machine that carries it out has no files.
  package func inlining(_ contents: [String: [UInt8]]) -> Instruction? {
    guard var change, case .file(let path)? = change.source else { return self }
    guard let bytes = contents[path] else { return nil }
    change.source = .text(ValuedText.spelling(bytes))
    return changing(change)
  }
}
