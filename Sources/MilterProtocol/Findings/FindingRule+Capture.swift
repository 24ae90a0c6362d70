/// Remarks on a packet capture that somebody else made; none of them is a peer's doing.
extension FindingRule {
  package static let captureGap = FindingRule(
    id: "C01", severity: .warning, title: "bytes missing from the capture",
    consequence: "the peers had them; the packet they belong to is shown damaged",
    source: "TCP sequence numbers (RFC 9293)")
  package static let captureMidway = FindingRule(
    id: "C02", severity: .note, title: "connection began before the capture",
    consequence: "which end is the MTA, and where packets begin, is told from the packets themselves",
    source: "no SYN in the capture")
  package static let captureNoOptNeg = FindingRule(
    id: "C03", severity: .note, title: "no negotiation in the capture",
    consequence: "what depends on negotiated bits is a guess", source: "no OPTNEG in the capture")
  package static let captureTruncated = FindingRule(
    id: "C04", severity: .warning, title: "capture file ends inside a record",
    consequence: "everything before that record is shown", source: "length of the file")
  package static let captureCutFrames = FindingRule(
    id: "C05", severity: .warning, title: "frames cut by the snap length",
    consequence: "the bytes cut off are missing; capture with tcpdump -s 0", source: "lengths in the capture")
  package static let captureReset = FindingRule(
    id: "C06", severity: .note, title: "connection reset",
    consequence: "the end that sent RST dropped what it had not read", source: "RST in the capture")
  package static let captureUnreadable = FindingRule(
    id: "C07", severity: .warning, title: "part of the capture cannot be read",
    consequence: "packets may be missing", source: "link types and IP fragments of the capture")
  package static let captureNoMilter = FindingRule(
    id: "C08", severity: .note, title: "no milter traffic in the capture",
    consequence: "there is nothing to show",
    source: "no connection begins with OPTNEG or holds milter packets")

  package static let captureRules: [FindingRule] = [
    .captureGap, .captureMidway, .captureNoOptNeg, .captureTruncated, .captureCutFrames, .captureReset,
    .captureUnreadable, .captureNoMilter,
  ]
}
