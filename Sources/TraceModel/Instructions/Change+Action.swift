import MilterProtocol

extension Change {
  /// The action that the MTA has to have agreed to.
  package var requiredAction: ActionFlags {
    switch self {
    case .addHeader, .insertHeader: .addHeaders
    case .changeHeader, .prefixHeader, .deleteHeader: .changeHeaders
    case .addRcpt(_, nil): .addRcpt
    case .addRcpt: .addRcptWithParameters
    case .deleteRcpt: .deleteRcpt
    case .changeFrom: .changeFrom
    case .replaceBody, .deletePart, .replacePart: .changeBody
    // Of a mail of one part the headers are the mail's.
    case .defang: [.changeBody, .changeHeaders]
    case .quarantine: .quarantine
    }
  }
}
