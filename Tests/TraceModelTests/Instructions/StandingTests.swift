import MilterProtocol
import Testing
import TraceModel

/// What of a packet's changes still counts, told from its records alone.
@Suite struct StandingTests {
  private static let one = Instruction.change(.deletePart(.number(1)))
  private static let two = Instruction.change(.deletePart(.number(2)))

  private func standing(_ asked: (Instruction, refusal: Sentence?)...) -> [Instruction] {
    asked.map { Instructed(text: "", instruction: $0, cause: .operator, packet: 1, refusal: $1) }
      .standing.compactMap(\.instruction)
  }

  @Test func changesStandUntilTheyAreTakenBack() {
    #expect(standing((Self.one, nil), (.hold, nil), (.raw([0]), nil)) == [Self.one, .raw([0])])
    #expect(standing((Self.one, nil), (Self.two, nil), (.revert(.last), nil)) == [Self.one])
    #expect(standing((Self.one, nil), (Self.two, nil), (.revert(.all), nil)) == [])
    #expect(standing((.revert(.last), nil), (Self.one, nil)) == [Self.one])
  }

  @Test func whatWasRefusedNeverStood() {
    #expect(standing((.drop, "no"), (.raw([0]), nil), (.raw([0]), "no")) == [.raw([0])])
    #expect(standing((Self.one, nil), (.revert(.all), "no")) == [Self.one])
  }

  /// A modification may be given up after it was kept: then a record of it has the reason.
  @Test func whatWasGivenUpStandsNoLonger() {
    #expect(standing((Self.one, nil), (Self.two, nil), (Self.one, "a new message began")) == [Self.two])
  }
}
