import Glibc
import MTAConfiguration
import ProxyRuntime
import TestSupport
import Testing

@Suite struct PathLookTests {
  @Test func eachComponentIsNoted() throws {
    let folder = try TemporaryFolder()
    let socket = try LoopbackSocket.listening(at: folder.file("socket"))
    defer { _ = socket }
    chmod(folder.file("socket"), 0o640)
    let survey = PathLook.survey(folder.file("socket"), below: "")
    #expect(survey.ending == nil)
    #expect(survey.components.map(\.path) == ["/", "/tmp", folder.path, folder.file("socket")])
    #expect(survey.socket?.mode == 0o640)
    #expect(survey.socket?.owner.id == geteuid())
  }

  @Test func linksAreFollowedBelowTheRootOfWhoeverConnects() throws {
    let folder = try TemporaryFolder()
    try folder.write([], to: "file")
    symlink("/file", folder.file("link"))
    let inside = PathLook.survey("/link", below: folder.path)
    #expect(inside.components.map(\.kind).suffix(2) == [.link(to: "/file"), .file])
    #expect(inside.components.last?.path == folder.file("file"))
    #expect(PathLook.survey(folder.file("link"), below: "").ending == .missing("/file"))
  }

  @Test func whatIsMissingIsNamed() throws {
    let folder = try TemporaryFolder()
    try folder.write([], to: "file")
    #expect(PathLook.survey(folder.file("no/socket"), below: "").ending == .missing(folder.file("no")))
    #expect(PathLook.survey(folder.file("file/socket"), below: "").ending == .notAFolder(folder.file("file")))
    symlink(folder.file("b"), folder.file("a"))
    symlink(folder.file("a"), folder.file("b"))
    let circle = PathLook.survey(folder.file("a"), below: "")
    #expect(circle.ending.map { if case .tooManyLinks = $0 { true } else { false } } == true)
  }
}
