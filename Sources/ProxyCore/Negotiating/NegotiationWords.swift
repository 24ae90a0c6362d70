import CommandLanguage
import MilterProtocol

/// What a milter of ours may do and wants to see, in the words of an operator: instructions, stages, or the names of
/// libmilter's `mfapi.h` and `mfdef.h` with or without their prefix.
package enum NegotiationWords {
  /// A word that says nothing here; the message goes behind the name of what it was given for.
  package struct Mistake: Error, Equatable {
    package var message: String
    package var hint: String
  }

  /// `add-header,quarantine`, `CHGHDRS`, `all`, `none`, `0x1f`: what may be done to a mail.
  package static func actions(parsing text: String) throws(Mistake) -> ActionFlags {
    if let bits = number(text) { return ActionFlags(rawValue: bits) }
    var actions = ActionFlags()
    for word in try words(text, "an action", actionWords) {
      switch word {
      case "all": actions.formUnion(.current)
      case "none": break
      default: actions.insert(try found(word, in: actionTable, "action", actionWords))
      }
    }
    return actions
  }

  /// `mail,rcpt,header`: the only steps that are seen; `-body,-unknown` or `NOBODY,NOUNKNOWN`: all but these.
  ///
  /// - Returns: the bits that decline the rest. End of message is always seen.
  package static func steps(parsing text: String) throws(Mistake) -> ProtocolFlags {
    let words = try words(text, "a step", stepWords)
    let left = words.filter { $0.hasPrefix("-") || declining[plain($0)] != nil }
    guard left.isEmpty || left.count == words.count else {
      throw Mistake(
        message: "'\(left[0])' leaves a step out, other words name those that are seen",
        hint: "mail,rcpt,header sees only these; -body,-unknown sees all but these")
    }
    var declined = left.isEmpty ? ProtocolFlags.allNoCommand : []
    for word in words {
      let name = word.hasPrefix("-") ? String(word.dropFirst()) : word
      if let flag = declining[plain(name)] {
        declined.insert(flag)
        continue
      }
      switch name {
      case "all" where left.isEmpty: declined = []
      case "none" where left.isEmpty: break
      default:
        let stage = try found(name, in: stageTable, "step", stepWords)
        guard let flag = stage.noCommandFlag else {
          if left.isEmpty { continue }
          throw Mistake(
            message: "end of message cannot be left out", hint: "the protocol has no bit that declines it")
        }
        if left.isEmpty { declined.remove(flag) } else { declined.insert(flag) }
      }
    }
    return declined
  }

  /// `header,body`, `NR_HDR`, `all`, `none`: the stages at which no reply is promised.
  package static func noReply(parsing text: String) throws(Mistake) -> ProtocolFlags {
    var promised = ProtocolFlags()
    for word in try words(text, "a stage", noReplyStages) {
      switch word {
      case "all": promised.formUnion(.allNoReply)
      case "none": break
      default:
        if let flag = silent[plain(word)] {
          promised.insert(flag)
          continue
        }
        guard let flag = try found(word, in: stageTable, "stage", noReplyStages).noReplyFlag else {
          throw Mistake(
            message: "end of message is always answered",
            hint: "stages without a reply can be " + noReplyStages.joined(separator: " "))
        }
        promised.insert(flag)
      }
    }
    return promised
  }

  /// `rcpt=client_addr,i`: the macros that the MTA is asked to send at that stage; braces may be left out.
  package static func symbolList(parsing text: String) throws(Mistake) -> OptNeg.SymbolList {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else {
      throw Mistake(message: "expected STAGE=NAMES, there is '\(text)'", hint: "rcpt=i,client_addr")
    }
    let stage = try found(parts[0].lowercased(), in: stageTable, "stage", macroStages)
    guard let macros = MacroStage.allCases.first(where: { $0.stage == stage }) else {
      throw Mistake(
        message: "no macros can be asked for at \(stage.name)",
        hint: "they can at " + macroStages.joined(separator: " "))
    }
    var names: [String] = []
    for word in parts[1].split(whereSeparator: { $0 == "," || $0 == " " }) {
      let bare = word.hasPrefix("{") && word.hasSuffix("}") ? word.dropFirst().dropLast() : word
      guard !bare.isEmpty, bare.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x7B && $0 != 0x7D }) else {
        throw Mistake(message: "'\(word)' is no name of a macro", hint: "client_addr, {client_addr}, i")
      }
      names.append(bare.utf8.count == 1 ? String(bare) : "{\(bare)}")
    }
    return OptNeg.SymbolList(stage: macros.rawValue, names: Array(names.joined(separator: " ").utf8))
  }

  // MARK: - Tables

  private static let actionWords = [
    "add-header", "insert-header", "change-header", "delete-header", "add-rcpt", "add-rcpt-par",
    "delete-rcpt",
    "change-from", "replace-body", "quarantine",
  ]

  private static let actionTable: [String: ActionFlags] = {
    var table: [String: ActionFlags] = [
      "add-header": .addHeaders, "insert-header": .addHeaders, "change-header": .changeHeaders,
      "delete-header": .changeHeaders, "add-rcpt": .addRcpt, "add-rcpt-par": .addRcptWithParameters,
      "delete-rcpt": .deleteRcpt, "change-from": .changeFrom, "replace-body": .changeBody,
      "quarantine": .quarantine,
    ]
    for row in ActionFlags.table { table[row.name.lowercased()] = row.flag }
    for row in ActionFlags.sets where !row.flag.isEmpty { table[row.name.lowercased()] = row.flag }
    return table
  }()

  /// With the names of libmilter's callbacks.
  private static let stageTable: [String: Stage] = {
    var table: [String: Stage] = [
      "envfrom": .mail, "envrcpt": .rcpt, "headers": .header, "eom": .bodyEOB, "from": .mail, "to": .rcpt,
    ]
    for stage in Stage.allCases where stage != .negotiation { table[stage.name.lowercased()] = stage }
    return table
  }()

  private static let stepWords = Stage.allCases.filter { $0.noCommandFlag != nil }.map {
    $0.name.lowercased()
  }
  private static let noReplyStages = Stage.allCases.filter { $0.noReplyFlag != nil }
    .map { $0.name.lowercased() }
  private static let macroStages = MacroStage.allCases.sorted { $0.order < $1.order }
    .map { $0.stage.name.lowercased() }

  /// `nobody` and its like, with what libmilter's sets have of them.
  private static let declining = flags(within: .allNoCommand)

  /// `nr_hdr` and its like, with what libmilter's sets have of them.
  private static let silent = flags(within: .allNoReply)

  private static func flags(within mask: ProtocolFlags) -> [String: ProtocolFlags] {
    let rows = ProtocolFlags.table.map { ($0.name, $0.flag) } + ProtocolFlags.sets.map { ($0.name, $0.flag) }
    let fitting = rows.map { ($0.lowercased(), $1.intersection(mask)) }.filter { !$1.isEmpty }
    return Dictionary(uniqueKeysWithValues: fitting)
  }

  // MARK: - Reading

  private static func words(
    _ text: String, _ what: String, _ examples: [String]
  ) throws(Mistake) -> [String] {
    let words = text.split { $0 == "," || $0 == "+" || $0 == " " }.map { $0.lowercased() }
    guard !words.isEmpty else {
      throw Mistake(
        message: "expected \(what), there is nothing", hint: examples.joined(separator: " ") + ", all, none")
    }
    return words
  }

  /// Without libmilter's prefix.
  private static func plain(_ word: String) -> String { FlagNames.bare(word) }

  private static func found<Value>(
    _ word: String, in table: [String: Value], _ what: String, _ shown: [String]
  ) throws(Mistake) -> Value {
    if let value = table[plain(word)] { return value }
    let near = Nearest.match(for: word, among: shown) ?? Nearest.match(for: word, among: table.keys.sorted())
    throw Mistake(
      message: "unknown \(what) '\(word)'",
      hint: near.map { "did you mean '\($0)'?" } ?? shown.joined(separator: " ") + ", all, none")
  }

  private static func number(_ text: String) -> UInt32? {
    let lower = text.lowercased()
    return lower.hasPrefix("0x") ? UInt32(lower.dropFirst(2), radix: 16) : UInt32(lower)
  }
}
