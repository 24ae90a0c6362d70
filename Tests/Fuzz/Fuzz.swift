// One input is one leg's life: a byte of control, then a frame, and so on.
//
//   bit 0      who sends it: 0 the MTA, 1 the milter
//   bits 1–2   time that passed: 0, 1 ms, 1 s, 400 s
//   bits 3–7   all set: the sender closes instead, and no frame follows
//
// Whatever the bytes, nothing may trap, and these have to hold: a packet's value encodes to the packet; fields and
// malformations lie inside it; what is printed of it holds no control character; the dialogue stays bounded.

import Dialogue
import Findings
import MilterProtocol

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  _ = WrongPeer.recognized(in: input.span)
  var leg = FuzzedLeg()
  var offset = 0
  while offset < input.count, let next = leg.take(input, at: offset) { offset = next }
  return 0
}

struct FuzzedLeg {
  var dialogue = Dialogue()
  var remarks = Remarks()
  var now = Moment.zero
  var number = 0

  /// Where the next packet begins; nil at the end.
  mutating func take(_ input: [UInt8], at offset: Int) -> Int? {
    let control = input[offset]
    let sender: Leg = control & 1 == 0 ? .mta : .milter
    let spans: [Moment.Span] = [.seconds(0), .milliseconds(1), .seconds(1), .seconds(400)]
    now = now + spans[Int(control >> 1 & 3)]
    var findings: [Finding] = []
    defer { for finding in findings { check(isPlain(finding.text), "a finding prints control characters") } }
    if control >> 3 == 31 {
      close(sender, unfinished: 0, &findings)
      return offset + 1
    }
    switch Framing.next(in: input.span, at: offset + 1) {
    case .incomplete:
      close(sender, unfinished: input.count - offset - 1, &findings)
      return nil
    case .oversized(let length):
      findings.append(.oversized(length: length, from: sender))
      return nil
    case .complete(let bytes):
      let end = offset + 1 + bytes
      received(Packet(frame: Array(input[offset + 1..<end]), from: sender), &findings)
      return end
    }
  }

  private mutating func close(_ leg: Leg, unfinished: Int, _ findings: inout [Finding]) {
    remarks.remark(onEndOf: leg, unfinished: unfinished, before: dialogue, at: now, into: &findings)
    dialogue.closed(leg)
  }

  private mutating func received(_ packet: Packet, _ findings: inout [Finding]) {
    number += 1
    let dissection = Dissection(packet)
    if let malformation = dissection.malformation {
      check((4...packet.bytes.count).contains(malformation.offset), "a malformation outside its packet")
    }
    let value = PacketValue(decoding: packet)
    check(Packet(encoding: value, from: packet.sender) == packet, "decoding and encoding changed a packet")
    for field in PacketField.fields(of: packet) {
      check(
        field.range.lowerBound >= 0 && field.range.upperBound <= packet.bytes.count,
        "a field outside its packet")
    }
    check(isPlain(PacketSummary(packet).text), "a summary prints control characters")
    remarks.remark(
      on: packet, dissection, number: number, way, before: dialogue, now, into: &findings)
    dialogue.travelled(packet, dissection.shape, number: number, way, at: now)
    if way == .came { settle(packet, &findings) }
    check(dialogue.pending.allOwed.count <= 1024, "the list of pending replies grows")
    _ = dialogue.macros.all
  }

  /// What was stopped goes on at once, or nowhere.
  private mutating func settle(_ packet: Packet, _ findings: inout [Finding]) {
    guard number % 3 == 0 else { return dialogue.kept(number) }
    let dissection = Dissection(packet)
    remarks.remark(
      on: packet, dissection, number: number, .left, before: dialogue, now, into: &findings)
    dialogue.travelled(packet, dissection.shape, number: number, .left, at: now)
  }

  /// Most pass; some stop here.
  private var way: Dialogue.Way { number % 5 == 0 ? .came : .through }

  private func isPlain(_ text: String) -> Bool {
    !text.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }
  }

  private func check(_ holds: Bool, _ sentence: StaticString) {
    precondition(holds, "\(sentence)")
  }
}
