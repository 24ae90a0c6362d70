import MilterProtocol
import TraceModel

extension Assignment.Field {
  /// As it stands behind `set`.
  package var text: String {
    switch self {
    case .macro(let key): "\(name)[\(Quoting.string(key))]"
    case .symbolList(let stage):
      "\(name)[\(Quoting.string(Array(OptNeg.SymbolList.name(ofStage: stage).utf8)))]"
    default: name
    }
  }

  /// What it holds, as expressions say it where they have it, too.
  package var doc: String {
    switch self {
    case .version: "version of the protocol"
    case .actions: "what the milter may change: ADDHDRS+CHGHDRS, all, none, 0x1ff"
    case .protocolFlags: "how the dialogue runs: NOBODY+NR_HDR, all, none, 0x1fffff"
    case .symbolList: "names of the macros that the milter asks for at that stage; nothing: no list"
    case .clientFamily: "unknown, unix, inet, inet6"
    case .macroCommand: "the command that a macro set belongs to"
    case .macro: "value of a macro of the set that travels with the packet"
    default: Term.byName[name]?.last?.doc ?? ""
    }
  }

  /// The packets that have it.
  package var kinds: PacketKindSet {
    switch self {
    case .mailAddress, .mailArguments: .commands(.mail).union(.replies(.chgFrom))
    case .rcptAddress: .commands(.rcpt).union(.replies(.addRcpt, .addRcptPar, .delRcpt))
    case .rcptArguments: .commands(.rcpt).union(.replies(.addRcptPar))
    case .heloName: .commands(.helo)
    case .clientHost, .clientFamily, .clientAddress, .clientPort: .commands(.connect)
    case .headerName, .headerValue: .commands(.header).union(.replies(.addHeader, .insHeader, .chgHeader))
    case .headerIndex: .replies(.insHeader, .chgHeader)
    case .body: .commands(.body, .bodyEOB).union(.replies(.replBody))
    case .replyCode, .replyText: .replies(.replyCode)
    case .unknownLine: .commands(.unknown)
    case .reason: .replies(.quarantine)
    case .version, .actions, .protocolFlags: .commands(.optNeg).union(.replies(.optNeg))
    case .symbolList: .replies(.optNeg, .setSymList)
    case .macroCommand: .commands(.macro)
    case .macro: .allCommands
    }
  }
}
