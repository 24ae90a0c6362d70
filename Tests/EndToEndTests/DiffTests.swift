import Foundation
import TestSupport
import Testing

@Suite struct DiffTests {
  private static func sample(_ name: String) -> String {
    Fixtures.project.appendingPathComponent("sample-sessions/\(name).mtrace").path
  }

  private let plain = sample("every-modification")
  private let other = sample("opendkim-sign")

  private func diff(_ arguments: String...) throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(["diff"] + arguments)
  }

  @Test func everySampleIsLikeItself() throws {
    let folder = Fixtures.project.appendingPathComponent("sample-sessions")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
      $0.hasSuffix(".mtrace")
    }
    #expect(names.count > 8)
    for name in names {
      let path = folder.appendingPathComponent(name).path
      let told = try diff(path, path)
      #expect(told.status == 0, "\(name)")
      #expect(told.output.hasPrefix("no difference; mails: "), "\(name): \(told.output)")
    }
  }

  @Test func whatDiffersIsToldWithItsPackets() throws {
    let told = try diff(plain, other)
    #expect(told.status == 1)
    #expect(told.output.hasPrefix("--- \(plain)\n+++ \(other)\n@@ c1 "))
    #expect(told.output.contains("\n negotiation at OPTNEG answer\n-#2 OPTNEG version 6, all actions"))
    #expect(told.output.contains("\n+#2 OPTNEG version 6, actions ADDHDRS"))
    #expect(told.output.hasSuffix("mails: 0 alike, 1 differ\n"))
  }

  @Test func whatIsIgnoredIsLeftOut() throws {
    let told = try diff("--ignore", "n > 0", plain, other)
    #expect(told.status == 0)
    #expect(told.output == "no difference; mails: 1 alike, 0 differ\n")
  }

  @Test func jsonIsALineADifferenceAndTheirSum() throws {
    let told = try diff("--json", plain, other)
    #expect(told.status == 1)
    let lines = try told.output.split(separator: "\n").map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    let sum = try #require(lines.last?["differences"] as? [String: Int])
    for (kind, count) in sum {
      #expect(lines.filter { $0["kind"] as? String == kind }.count == count, "\(kind)")
    }
    #expect(lines.last?["alike"] as? Bool == false)
    let verdict = try #require(lines.first { $0["kind"] as? String == "negotiation" })
    #expect((verdict["first"] as? [String: Any])?["n"] as? Int == 2)
  }

  @Test func whatCannotBeComparedIsSaid() throws {
    let missing = try diff(plain, "/nowhere.mtrace")
    #expect(missing.status == 2)
    #expect(missing.messages.contains("'/nowhere.mtrace'"))
    let twice = try diff("-", "-")
    #expect(twice.status == 2)
    #expect(twice.messages.contains("standard input can be only one of the two"))
    let term = try diff("--ignore", "stge", plain, other)
    #expect(term.status == 2)
    #expect(term.messages.contains("--ignore: unknown term 'stge'"))
  }
}
