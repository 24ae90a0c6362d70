/// A packet of the milter as owned values, made to be read, edited and encoded. Strings come without their NUL.
package enum Reply: Equatable, Sendable {
  case optNeg(OptNeg)
  case verdict(Verdict)
  case progress
  case modification(Modification)
  /// Defined in the headers, accepted by neither MTA outside OPTNEG.
  case setSymList(OptNeg.SymbolList)
  /// Defined in the headers, accepted by neither Postfix nor Sendmail.
  case connFail

  package var kind: ReplyKind {
    switch self {
    case .optNeg: .optNeg
    case .verdict(let verdict): verdict.kind
    case .progress: .progress
    case .modification(let modification): modification.kind
    case .setSymList: .setSymList
    case .connFail: .connFail
    }
  }
}

/// A reply that settles a stage.
package enum Verdict: Equatable, Sendable {
  case `continue`
  case accept
  case reject
  case tempfail
  case discard
  case skip
  /// `4`, Postfix only.
  case shutdown
  /// `ddd SP text`, or several such lines joined by CRLF with `ddd-` on all but the last; `%` doubled.
  case replyCode([UInt8])

  package var kind: ReplyKind {
    switch self {
    case .continue: .continue
    case .accept: .accept
    case .reject: .reject
    case .tempfail: .tempfail
    case .discard: .discard
    case .skip: .skip
    case .shutdown: .shutdown
    case .replyCode: .replyCode
    }
  }
}

/// A reply at end of message that changes the mail.
package enum Modification: Equatable, Sendable {
  case addHeader(Header)
  /// Index 0 is above everything else.
  case insHeader(index: UInt32, Header)
  /// The index-th header of that name, from 1; an empty value deletes it.
  case chgHeader(index: UInt32, Header)
  case addRcpt(address: [UInt8])
  /// ESMTP parameters as one string separated by spaces; nil where no second string is sent.
  case addRcptPar(address: [UInt8], parameters: [UInt8]?)
  case delRcpt(address: [UInt8])
  case chgFrom(address: [UInt8], parameters: [UInt8]?)
  /// One chunk; a new body may take several in a row.
  case replBody([UInt8])
  case quarantine(reason: [UInt8])

  package var kind: ReplyKind {
    switch self {
    case .addHeader: .addHeader
    case .insHeader: .insHeader
    case .chgHeader: .chgHeader
    case .addRcpt: .addRcpt
    case .addRcptPar: .addRcptPar
    case .delRcpt: .delRcpt
    case .chgFrom: .chgFrom
    case .replBody: .replBody
    case .quarantine: .quarantine
    }
  }
}
