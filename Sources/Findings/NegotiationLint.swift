import MilterProtocol

/// What is odd about an offer and its answer.
enum NegotiationLint {
  typealias Remark = (rule: FindingRule, text: Sentence)

  static func remarks(offer: OptNeg) -> [Remark] {
    var remarks: [Remark] = []
    if offer.version < 2 { remarks.append((.offerTooOld, "version \(offer.version)")) }
    if offer.version > Limits.newestVersion { remarks.append((.offerTooNew, "version \(offer.version)")) }
    return remarks + unknownBits(offer)
  }

  static func remarks(answer: OptNeg, to offered: OptNeg?) -> [Remark] {
    var remarks: [Remark] = []
    if let offer = offered.map(effective) {
      if answer.version > offer.version {
        remarks.append((.versionTooHigh, "version \(answer.version) answered, \(offer.version) offered"))
      }
      let actions = answer.actions.subtracting(offer.actions)
      if !actions.isEmpty {
        remarks.append((.actionNotOffered, "\(list(actions.names)) answered and not offered"))
      }
      let flags = answer.protocolFlags.subtracting(offer.protocolFlags)
      if !flags.isEmpty {
        remarks.append((.flagNotOffered, "\(list(flags.names)) answered and not offered"))
      }
      if answer.version < min(offer.version, 6) { remarks += lateBits(answer) }
    }
    remarks += unknownBits(answer) + pointlessBits(answer) + symbolLists(answer)
    return remarks
  }

  /// Bits of version 6 in an answer that lowers the version. (Postfix itself offers them with old versions.)
  private static func lateBits(_ answer: OptNeg) -> [Remark] {
    let actions = answer.actions.subtracting(ActionFlags(rawValue: 0x3F)).intersection(.current)
    let flags = answer.protocolFlags.subtracting(ProtocolFlags(rawValue: 0x3FF)).intersection(.current)
    guard !actions.isEmpty || !flags.isEmpty else { return [] }
    return [
      (.versionTooLow, "version \(answer.version) with \(list(actions.names + flags.names)) of version 6")
    ]
  }

  /// libmilter reads an offer of no bits as the bits of version 1 (`st_optionneg` in engine.c).
  private static func effective(_ offer: OptNeg) -> OptNeg {
    var offer = offer
    if offer.actions.isEmpty { offer.actions = ActionFlags(rawValue: 0x0F) }
    if offer.protocolFlags.isEmpty { offer.protocolFlags = ProtocolFlags(rawValue: 0x3F) }
    return offer
  }

  private static func unknownBits(_ optNeg: OptNeg) -> [Remark] {
    var remarks: [Remark] = []
    if optNeg.actions.unknown != 0 {
      remarks.append((.unknownBit, "action bits 0x\(String(optNeg.actions.unknown, radix: 16))"))
    }
    if optNeg.protocolFlags.unknown != 0 {
      remarks.append((.unknownBit, "protocol bits 0x\(String(optNeg.protocolFlags.unknown, radix: 16))"))
    }
    return remarks
  }

  private static func pointlessBits(_ answer: OptNeg) -> [Remark] {
    var remarks: [Remark] = []
    let flags = answer.protocolFlags
    let stages = Stage.allCases.filter { stage in
      guard let noCommand = stage.noCommandFlag, let noReply = stage.noReplyFlag else { return false }
      return flags.contains(noCommand) && flags.contains(noReply)
    }
    if !stages.isEmpty {
      remarks.append((.replyFlagPointless, "neither sent nor answered: \(list(stages.map(\.name)))"))
    }
    if flags.contains(.noHeaders), answer.actions.contains(.changeHeaders) {
      remarks.append((.editsUnseen, "headers are switched off, CHGHDRS is on"))
    }
    if flags.contains(.noBody), answer.actions.contains(.changeBody) {
      remarks.append((.editsUnseen, "the body is switched off, CHGBODY is on"))
    }
    return remarks
  }

  private static func symbolLists(_ answer: OptNeg) -> [Remark] {
    guard !answer.symbolLists.isEmpty else { return [] }
    var remarks: [Remark] = []
    var empty: [String] = []
    if !answer.actions.contains(.setSymbolList) {
      remarks.append((.listsWithoutAction, "\(counted(answer.symbolLists.count, "symbol list"))"))
    }
    for list in answer.symbolLists {
      let stage = OptNeg.SymbolList.stageName(list.stage)
      let names = list.macroNames.count
      if MacroStage(rawValue: list.stage) == nil {
        remarks.append((.listStageUnknown, "stages are 0 to 6, there is \(list.stage)"))
      }
      if names == 0 { empty.append(stage) }
      if names > 50 { remarks.append((.listTooLong, "\(names) names for \(stage)")) }
    }
    if !empty.isEmpty { remarks.append((.listEmpty, "no names for \(list(empty))")) }
    let stages = Set(answer.symbolLists.map(\.stage))
    let (eom, eoh) = (MacroStage.bodyEOB.rawValue, MacroStage.eoh.rawValue)
    if stages.contains(eom) != stages.contains(eoh) {
      remarks.append((.listForOneEnd, stages.contains(eom) ? "EOM without EOH" : "EOH without EOM"))
    }
    return remarks
  }

  private static func list(_ names: [String]) -> String { names.joined(separator: " ") }
}

extension OptNeg.SymbolList {
  /// The names one by one; blanks separate them, and commas, as both MTAs take them.
  package var macroNames: [ArraySlice<UInt8>] {
    names.split { $0 == 0x20 || $0 == UInt8(ascii: ",") || $0 == 0x09 }
  }
}
