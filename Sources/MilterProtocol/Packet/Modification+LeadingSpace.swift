extension Modification {
  /// With HDR_LEADSPC the MTA puts no space after the colon: the value has to bring it.
  package var withLeadingSpace: Modification {
    func spaced(_ header: Header) -> Header {
      let isWhite = header.value.first.map { $0 == 0x20 || $0 == 0x09 } ?? true
      return isWhite ? header : Header(name: header.name, value: [0x20] + header.value)
    }
    return switch self {
    case .addHeader(let header): .addHeader(spaced(header))
    case .insHeader(let index, let header): .insHeader(index: index, spaced(header))
    case .chgHeader(let index, let header): .chgHeader(index: index, spaced(header))
    case .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .replBody, .quarantine: self
    }
  }
}
