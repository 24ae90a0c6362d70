/// A packet kind of the milter; the raw value is its letter on the wire (`SMFIR_*`, libmilter `mfdef.h`).
public enum ReplyKind: UInt8, Sendable, Equatable, CaseIterable {
  case optNeg = 0x4F  // O
  case `continue` = 0x63  // c
  case accept = 0x61  // a
  case reject = 0x72  // r
  case tempfail = 0x74  // t
  case discard = 0x64  // d
  case replyCode = 0x79  // y
  case skip = 0x73  // s
  case shutdown = 0x34  // 4
  case connFail = 0x66  // f
  case progress = 0x70  // p
  case addHeader = 0x68  // h
  case insHeader = 0x69  // i
  case chgHeader = 0x6D  // m
  case addRcpt = 0x2B  // +
  case addRcptPar = 0x32  // 2
  case delRcpt = 0x2D  // -
  case chgFrom = 0x65  // e
  case replBody = 0x62  // b
  case quarantine = 0x71  // q
  case setSymList = 0x6C  // l

  public var name: String {
    switch self {
    case .optNeg: "OPTNEG"
    case .continue: "CONTINUE"
    case .accept: "ACCEPT"
    case .reject: "REJECT"
    case .tempfail: "TEMPFAIL"
    case .discard: "DISCARD"
    case .replyCode: "REPLYCODE"
    case .skip: "SKIP"
    case .shutdown: "SHUTDOWN"
    case .connFail: "CONN_FAIL"
    case .progress: "PROGRESS"
    case .addHeader: "ADDHEADER"
    case .insHeader: "INSHEADER"
    case .chgHeader: "CHGHEADER"
    case .addRcpt: "ADDRCPT"
    case .addRcptPar: "ADDRCPT_PAR"
    case .delRcpt: "DELRCPT"
    case .chgFrom: "CHGFROM"
    case .replBody: "REPLBODY"
    case .quarantine: "QUARANTINE"
    case .setSymList: "SETSYMLIST"
    }
  }

  /// What part the reply plays in the dialogue (`docs/protocol.md`, "Replies").
  public enum Role: Sendable, Equatable { case negotiation, verdict, keepAlive, modification, misplaced }

  public var role: Role {
    switch self {
    case .optNeg: .negotiation
    case .continue, .accept, .reject, .tempfail, .discard, .replyCode, .skip, .shutdown: .verdict
    case .progress: .keepAlive
    case .addHeader, .insHeader, .chgHeader, .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .replBody,
      .quarantine:
      .modification
    case .connFail, .setSymList: .misplaced
    }
  }

  /// The action that a milter has to negotiate before it may send this.
  public var requiredAction: ActionFlags? {
    switch self {
    case .addHeader, .insHeader: .addHeaders
    case .chgHeader: .changeHeaders
    case .addRcpt: .addRcpt
    case .addRcptPar: .addRcptWithParameters
    case .delRcpt: .deleteRcpt
    case .chgFrom: .changeFrom
    case .replBody: .changeBody
    case .quarantine: .quarantine
    case .optNeg, .continue, .accept, .reject, .tempfail, .discard, .replyCode, .skip, .shutdown,
      .connFail, .progress, .setSymList:
      nil
    }
  }
}
