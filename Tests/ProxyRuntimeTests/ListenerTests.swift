import Glibc
import ProxyCore
import ProxyRuntime
import TestSupport
import Testing

@Suite struct ListenerTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private var path: String { folder.file("socket") }

  @Test func aFreePortIsTakenForPortZero() throws {
    let listener = try Listener(on: .inet(host: "127.0.0.1", port: 0, family: .any))
    guard case .inet("127.0.0.1", let port, .any) = listener.address else {
      Issue.record("listens on \(listener.address)")
      return
    }
    #expect(port > 0)
    let isLocal = listener.isLocal
    #expect(isLocal)
  }

  @Test func everyInterfaceIsNotLocal() throws {
    let listener = try Listener(on: .inet(host: "0.0.0.0", port: 0, family: .any))
    let isLocal = listener.isLocal
    #expect(!isLocal)
  }

  @Test(arguments: [0o660, 0o600, 0o666, 0o000] as [mode_t])
  func aUnixSocketHasTheModeAskedFor(mode: mode_t) throws {
    let listener = try Listener(on: .unix(path: path), access: SocketAccess(mode: mode))
    #expect(try folder.mode("socket") == mode)
    withExtendedLifetime(listener.descriptor) {}
  }

  @Test func aUnixSocketGoesWithTheListener() throws {
    do {
      let listener = try Listener(on: .unix(path: path))
      #expect(access(path, F_OK) == 0)
      withExtendedLifetime(listener.descriptor) {}
      _ = consume listener
    }
    #expect(access(path, F_OK) != 0)
  }

  @Test func aSocketThatAProgramLeftBehindIsReplaced() throws {
    // A listener that goes away without removing its file.
    _ = try LoopbackSocket.listening(at: path)
    #expect(access(path, F_OK) == 0)
    let listener = try Listener(on: .unix(path: path))
    #expect(try LoopbackSocket.connected(to: path).descriptor >= 0)
    withExtendedLifetime(listener.descriptor) {}
  }

  @Test func aSocketOnWhichSomebodyAnswersIsLeftAlone() throws {
    let other = try LoopbackSocket.listening(at: path)
    #expect(message(listeningOn: path) == "cannot listen on unix:\(path): address in use")
    #expect(try LoopbackSocket.connected(to: path).descriptor >= 0)
    withExtendedLifetime(other) {}
  }

  @Test func aFileThatIsNoSocketIsLeftAlone() throws {
    try folder.write([1], to: "socket")
    #expect(
      message(listeningOn: path)
        == "cannot listen on unix:\(path): the file is there already and is no socket")
    #expect(try folder.contents("socket") == [1])
  }

  @Test func aFolderThatIsNotThereIsNamed() {
    let missing = folder.file("none") + "/socket"
    #expect(message(listeningOn: missing) == "cannot listen on unix:\(missing): no such folder")
  }

  @Test func aPortInUseIsNamed() throws {
    let other = try LoopbackSocket.listening()
    #expect(throws: Listener.Failure.self) {
      _ = try Listener(on: .inet(host: "127.0.0.1", port: other.port, family: .any)).address
    }
  }

  private func message(listeningOn path: String) -> String? {
    do {
      return "listens on \(try Listener(on: .unix(path: path)).address)"
    } catch {
      return error.message
    }
  }
}
