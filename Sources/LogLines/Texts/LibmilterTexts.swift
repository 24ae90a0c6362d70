/// What libmilter says, under the milter's name.
extension LogText {
  private static func text(_ format: String, _ advice: Advice, _ meaning: String, _ source: String) -> LogText
  {
    LogText(.libmilter, format, advice, meaning, source)
  }

  /// Of the MTA, and of the milter's callbacks.
  static let libmilterPeers: [LogText] = [
    text(
      "{milter}, mi_rd_cmd: read returned {number}: {error}", .clientGone,
      "The milter could not read the MTA's next command.",
      "mi_rd_cmd in comm.c"),
    text(
      "{milter}: mi_rd_cmd: read returned {number}: {error}", .clientGone,
      "The milter could not read the content of the MTA's command.", "mi_rd_cmd in comm.c"),
    text(
      "{milter}: mi_rd_cmd: poll() returned {number}: {error}", .clientGone,
      "The milter could not wait for the MTA.",
      "mi_rd_cmd in comm.c"),
    text(
      "{milter}: mi_rd_cmd: select() returned {number}: {error}", .clientGone,
      "The milter could not wait for the MTA.",
      "mi_rd_cmd in comm.c"),
    text(
      "{milter}: milter claimed not to reply in state {state} but did anyway {reply}", .finding("R01"),
      "A callback returned a verdict at a stage negotiated without replies; libmilter swallows it, and this line is its only trace.",
      "sendreply in engine.c"),
    text(
      "{milter}: private data not NULL", .milterSetUp,
      "The milter left its private data behind at the end of a connection: memory leaks.",
      "mi_clr_ctx in engine.c"),
    text(
      "{milter}: st_optionneg[{number}]: len too short {what}", .strangeMTA,
      "The first packet is too short for an MTA's.",
      "st_optionneg in engine.c"),
    text(
      "{milter}: st_optionneg[{number}]: protocol version too old {what}", .strangeMTA,
      "What connected offers version 1 of the protocol.", "st_optionneg in engine.c"),
    text(
      "{milter}: st_optionneg[{number}]: milter version={version}, trying flags={flags}", .progress,
      "The milter was built for an older libmilter; it is asked for less.", "st_optionneg in engine.c"),
    text(
      "{milter}: st_optionneg[{number}]: xxfi_negotiate returned {code} (protocol options={options}, actions={actions})",
      .milterSetUp, "The milter's own negotiate callback refused the MTA; the connection is closed.",
      "st_optionneg in engine.c"),
    text(
      "{milter}: st_optionneg[{number}]: {own} does not fulfill action requirements {mask}", .actionsRefused,
      "The MTA offers fewer changes ({own}) than the milter needs ({mask}); the connection is closed.",
      "st_optionneg in engine.c"),
    text(
      "{milter}: st_optionneg[{number}]: {own} does not fulfill protocol requirements {mask}",
      .actionsRefused,
      "The MTA offers fewer protocol flags ({own}) than the milter needs ({mask}); the connection is closed.",
      "st_optionneg in engine.c"),
    text(
      "{milter}: connect[{number}]: wrong len {what}", .strangeMTA, "The MTA's CONNECT is damaged.",
      "st_connectinfo in engine.c"),
    text(
      "{milter}: connect[{number}]: inet_aton failed", .strangeMTA,
      "The client's IPv4 address in CONNECT is none.",
      "st_connectinfo in engine.c"),
    text(
      "{milter}: connect[{number}]: mi_inet_pton failed", .strangeMTA,
      "The client's IPv6 address in CONNECT is none.",
      "st_connectinfo in engine.c"),
    text(
      "{milter}: connect[{number}]: path too long", .strangeMTA, "The client's path in CONNECT is too long.",
      "st_connectinfo in engine.c"),
    text(
      "{milter}: connect[{number}]: unknown family {code}", .strangeMTA,
      "The client's address family in CONNECT is unknown.",
      "st_connectinfo in engine.c"),
  ]

  /// Of the socket that it listens on.
  static let libmilterSocket: [LogText] = [
    text(
      "{milter}: Opening listen socket on conn {address}", .progress,
      "The milter begins to listen at {address}.",
      "mi_opensocket in listener.c"),
    text(
      "{milter}: Unable to create listening socket on conn {address}", .consequence,
      "The milter does not listen at {address}; why is in the line before.", "mi_opensocket in listener.c"),
    text(
      "{milter}: fd {number} is larger than FD_SETSIZE {limit}", .descriptors,
      "The milter has too many files open for select().",
      "listener.c"),
    text(
      "{milter}: empty or missing socket information", .milterAddress,
      "The milter was given no address to listen at.",
      "mi_milteropen in listener.c"),
    text(
      "{milter}: no valid socket protocols available", .build, "This libmilter was built without sockets.",
      "mi_milteropen in listener.c"),
    text(
      "{milter}: unknown socket type {type}", .milterAddress,
      "{type}: is no kind of socket; inet:, inet6:, unix: and local: are.",
      "mi_milteropen in listener.c"),
    text(
      "{milter}: UNIX socket name {path} too long", .pathTooLong, "The path of the socket is too long.",
      "mi_milteropen in listener.c"),
    text(
      "{milter}: UNIX socket name {path} unsafe", .bind,
      "The folder of the socket is not safe in this libmilter's eyes.",
      "mi_milteropen in listener.c"),
    text(
      "{milter}: invalid port number {port}", .milterAddress, "{port} is no port.",
      "mi_milteropen in listener.c"),
    text(
      "{milter}: unknown port name {port}", .milterAddress,
      "{port} is no port; where it holds a host, the address is spelled as Postfix does.",
      "mi_milteropen in listener.c"),
    text(
      "{milter}: Invalid numeric domain spec \"{address}\"", .milterAddress,
      "Between the brackets is no IP address.",
      "mi_milteropen in listener.c"),
    text(
      "{milter}: Unknown host name {host}", .milterAddress, "The host {host} does not resolve.",
      "mi_milteropen in listener.c"),
    text(
      "{milter}: Unknown protocol for {host} ({number})", .build,
      "The address is of a family that this libmilter lacks.",
      "mi_milteropen in listener.c"),
    text(
      "{milter}: expected positive integer as fd, got {what}", .milterAddress,
      "fd: wants the number of a socket that systemd hands over (a Debian patch).", "listener.c"),
    text(
      "{milter}: Unable to create new socket: {error}", .descriptors, "The system gave no socket.",
      "mi_milteropen in listener.c"),
    text(
      "{milter}: Unable to set close-on-exec: {error}", .descriptors,
      "The system refused a setting of the socket.", "listener.c"),
    text(
      "{milter}: set reuseaddr failed ({error})", .bind, "The system refused a setting of the socket.",
      "listener.c"),
    text(
      "{milter}: Unable to stat() {path}: {error}", .bind, "An old socket cannot be looked at.",
      "mi_milteropen in listener.c"),
    text(
      "{milter}: {path} is not a UNIX domain socket", .bind, "Where the socket is to be, another file is.",
      "mi_milteropen in listener.c"),
    text(
      "{milter}: Unable to remove {path}: {error}", .bind,
      "An old socket cannot be removed: it is another user's.",
      "mi_milteropen in listener.c"),
    text(
      "{milter}: Unable to bind to port {address}: {error}", .bind,
      "The milter cannot listen at {address} ({error}). It says port of unix paths, too.",
      "mi_milteropen in listener.c"),
    text("{milter}: listen call failed: {error}", .bind, "The milter cannot listen.", "listener.c"),
    text(
      "{milter}: can't malloc({number}) for sockpath: {error}", .threads, "The milter has no memory.",
      "listener.c"),
    text(
      "{milter}: malloc(ctx) failed ({error}), {what}", .threads,
      "The milter has no memory for a connection.", "listener.c"),
  ]

  /// Of its threads, its end, and how it was built.
  static let libmilterSystem: [LogText] = [
    text(
      "MI_SLEEP(): select() returned non-zero result {number}, errno = {code}", .threads,
      "A pause of libmilter was cut short.", "listener.c"),
    text(
      "{milter}: listenfd={number} corrupted, terminating, errno={code}", .milterSetUp,
      "The milter closed the socket that it listens on, and ends.", "mi_listener in listener.c"),
    text(
      "{milter}: poll() failed ({error}), {what}", .threads, "The milter cannot wait for connections.",
      "mi_listener in listener.c"),
    text(
      "{milter}: select() failed ({error}), {what}", .threads, "The milter cannot wait for connections.",
      "mi_listener in listener.c"),
    text(
      "{milter}: poll() returned exception for socket, abort", .threads,
      "The socket that the milter listens on is broken.",
      "mi_listener in listener.c"),
    text(
      "{milter}: accept() returned invalid socket ({error}), {what}", .descriptors,
      "The milter cannot take a connection: {error}.", "mi_listener in listener.c"),
    text(
      "{milter}: set keepalive failed ({error})", .progress, "A connection was gone at once.",
      "mi_listener in listener.c"),
    text(
      "{milter}: thread_create() failed: {number}, {what}", .threads,
      "The milter gets no thread for a connection.", "mi_listener in listener.c"),
    text(
      "{milter}: mi_stop={number}", .progress, "The milter is told to stop: 1 gracefully, 2 at once.",
      "mi_listener in listener.c"),
    text("{milter}=terminating", .progress, "The milter shuts down gracefully.", "mi_listener in listener.c"),
    text("{milter}=aborting", .progress, "The milter ends at once.", "mi_listener in listener.c"),
    text(
      "{milter}: smfi_register: version mismatch application: {version} != milter: {own}", .milterSetUp,
      "The milter was built for another libmilter than it runs with.", "smfi_register in main.c"),
    text(
      "{milter}: missing connection information", .milterAddress,
      "The milter was given no address to listen at.",
      "smfi_main in main.c"),
    text(
      "{milter}: Couldn't start signal thread: {number}", .threads, "The milter gets no thread for signals.",
      "signal.c"),
    text(
      "{milter}: Couldn't start signal thread", .threads, "The milter gets no thread for signals.",
      "smfi_main in main.c"),
    text(
      "{milter}: Couldn't mask HUP and KILL signals", .threads, "The milter cannot set up its signals.",
      "signal.c"),
    text(
      "{milter}: Couldn't initialize control pipe mutex", .threads, "The milter cannot start.", "signal.c"),
    text(
      "{milter}: Couldn't spawn signal thread", .threads, "The milter gets no thread for signals.", "signal.c"
    ),
    text(
      "{milter}: sigwait returned error: {number}", .threads, "The milter cannot wait for signals.",
      "signal.c"),
    text(
      "{milter}: sigwait returned unmasked signal: {number}", .progress,
      "The milter got a signal that it does not expect.", "signal.c"),
    text(
      "WARNING: monitor timeout triggered, now={now}, end={end}, tid={thread}, state={state}", .milterStuck,
      "A callback of the milter takes too long; libmilter stops the milter.", "monitor.c"),
    text("TASKMGR_LOCK error", .threads, "libmilter's pool of workers failed.", "worker.c"),
    text("LAUNCH_WORKER error", .threads, "libmilter's pool of workers failed.", "worker.c"),
    text("can't create event pipe", .descriptors, "libmilter's pool of workers cannot start.", "worker.c"),
    text("Failed to malloc pollfd array", .threads, "libmilter's pool of workers has no memory.", "worker.c"),
  ]
}
