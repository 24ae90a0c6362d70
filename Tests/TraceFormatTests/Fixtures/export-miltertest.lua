-- Sessions recorded by mitmilter, played at a milter: miltertest -s FILE -D socket=inet:8891@127.0.0.1
-- For miltertest 1.6. It sends any port, and looks at no text of a reply before the end of message, nor at ESMTP
-- parameters; what else is not as it was stands in front of each session.
local address = socket or "inet:8892@127.0.0.1"
local what = "?"

local function failed(why)
  mt.echo(what .. ": " .. why)
  error(why)
end

local function sent(fault)
  if fault ~= nil then failed(fault) end
end

-- A string ends for it at the first NUL, a file does not.
local function bodybytes(conn, bytes)
  local name = os.tmpname()
  local file = assert(io.open(name, "wb"))
  file:write(bytes)
  file:close()
  local fault = mt.bodyfile(conn, name)
  os.remove(name)
  return fault
end

local function replied(conn, letter, command)
  local reply = mt.getreply(conn)
  if reply ~= string.byte(letter) then
    local got = reply > 0 and string.char(reply) or "nothing"
    failed(command .. ": expected the reply " .. letter .. ", there is " .. got)
  end
end

local function changed(is_there, name)
  if not is_there then failed("missing or different: " .. name) end
end

local function session(number, play)
  what = "connection " .. number
  local conn = mt.connect(address)
  if conn == nil then failed("no connection to " .. address) end
  play(conn)
  mt.echo(what .. " is as it was")
end

session(1, function(conn)
  sent(mt.negotiate(conn, 6, 2097151, 511))
  sent(mt.macro(conn, SMFIC_CONNECT, "j", "mx.example.net", "v", "Postfix 3.7.11"))
  sent(mt.conninfo(conn, "mail.example.org", "192.0.2.7"))
  replied(conn, "c", "CONNECT, packet 4")
  sent(mt.helo(conn, "mail.example.org"))
  replied(conn, "c", "HELO, packet 7")
  sent(mt.macro(conn, SMFIC_MAIL, "{mail_addr}", "alice@example.org"))
  sent(mt.mailfrom(conn, "<alice@example.org>", "SIZE=100"))
  replied(conn, "c", "MAIL, packet 10")
  sent(mt.macro(conn, SMFIC_RCPT, "i", "4XyZ"))
  sent(mt.rcptto(conn, "<bob@example.net>"))
  replied(conn, "c", "RCPT, packet 13")
  sent(mt.macro(conn, string.byte("T"), "i", "4XyZ"))
  sent(mt.data(conn))
  replied(conn, "c", "DATA, packet 16")
  sent(mt.header(conn, "From", "Alice <alice@example.org>"))
  replied(conn, "c", "HEADER, packet 18")
  sent(mt.header(conn, "Subject", "it's $(rm -rf /) `x` \027]0;t\007"))
  replied(conn, "c", "HEADER, packet 20")
  sent(mt.macro(conn, string.byte("N"), "i", "4XyZ"))
  sent(mt.eoh(conn))
  replied(conn, "c", "EOH, packet 23")
  sent(mt.bodystring(conn, "Hello.\013\010.dot\013\010"))
  replied(conn, "c", "BODY, packet 25")
  sent(mt.macro(conn, string.byte("E"), "i", "4XyZ"))
  sent(mt.eom(conn))
  changed(mt.eom_check(conn, MT_HDRADD, "X-Seen", "yes"), "MT_HDRADD BODYEOB, packet 28")
  replied(conn, "a", "BODYEOB, packet 28")
  sent(mt.abort(conn))
  mt.disconnect(conn, false)
end)

session(2, function(conn)
  sent(mt.negotiate(conn, 6, 2097151, 511))
  sent(mt.macro(conn, SMFIC_CONNECT, "j", "mx.example.net", "v", "Postfix 3.7.11"))
  sent(mt.conninfo(conn, "mail.example.org", "192.0.2.7"))
  replied(conn, "c", "CONNECT, packet 35")
  sent(mt.helo(conn, "mail.example.org"))
  replied(conn, "c", "HELO, packet 38")
  sent(mt.mailfrom(conn, "<bob@example.net>"))
  replied(conn, "c", "MAIL, packet 41")
  sent(mt.rcptto(conn, "<dave@example.org>"))
  replied(conn, "c", "RCPT, packet 43")
  sent(mt.data(conn))
  mt.disconnect(conn, false)
end)
