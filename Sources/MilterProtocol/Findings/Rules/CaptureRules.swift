/// Remarks on a packet capture that somebody else made; none of them is a peer's doing.
extension FindingRule {
  package static let captureGap = FindingRule(
    "C01", .warning, "bytes missing from the capture",
    "the peers had them; the packet they belong to is shown damaged",
    cure: "capture again on the host itself, with a larger buffer (tcpdump -B)",
    source: "TCP sequence numbers (RFC 9293)")
  package static let captureMidway = FindingRule(
    "C02", .note, "connection began before the capture",
    "which end is the MTA, and where packets begin, is told from the packets themselves",
    source: "no SYN in the capture")
  package static let captureNoOptNeg = FindingRule(
    "C03", .note, "no negotiation in the capture",
    "what depends on negotiated bits is a guess",
    source: "no OPTNEG in the capture")
  package static let captureTruncated = FindingRule(
    "C04", .warning, "capture file ends inside a record",
    "everything before that record is shown",
    cure: "stop tcpdump before copying its file, or write with -U",
    source: "length of the file")
  package static let captureCutFrames = FindingRule(
    "C05", .warning, "frames cut by the snap length",
    "the bytes cut off are missing; capture with tcpdump -s 0",
    cure: "capture with tcpdump -s 0",
    source: "lengths in the capture")
  package static let captureReset = FindingRule(
    "C06", .note, "connection reset",
    "the end that sent RST dropped what it had not read",
    source: "RST in the capture")
  package static let captureUnreadable = FindingRule(
    "C07", .warning, "part of the capture cannot be read",
    "packets may be missing",
    cure: "capture on one interface, without IP fragments",
    source: "link types and IP fragments of the capture")
  package static let captureNoMilter = FindingRule(
    "C08", .note, "no milter traffic in the capture",
    "there is nothing to show",
    source: "no connection begins with OPTNEG or holds milter packets")

  static let captures = [
    captureGap, captureMidway, captureNoOptNeg, captureTruncated, captureCutFrames, captureReset,
    captureUnreadable, captureNoMilter,
  ]
}
