-- Requests from the lines of a file ("PATH ADDRESS"): each once, or around and around ("around").
local ffi = require("ffi")
ffi.cdef("int kill(int pid, int signal); int getpid(void);")
local INTERRUPT = 2
local asks, at, once = {}, 0, true

function init(args)
   once = args[2] ~= "around"
   for line in io.lines(args[1]) do
      local path, address = line:match("^(%S+) (%S+)$")
      wrk.headers["X-Forwarded-For"] = address
      asks[#asks + 1] = wrk.format("GET", path)
   end
end

function request()
   at = at + 1
   if at == #asks + 1 and once then
      -- wrk itself stops after a time only; interrupted, it tells what it has seen so far.
      ffi.C.kill(ffi.C.getpid(), INTERRUPT)
   end
   return asks[(at - 1) % #asks + 1]
end
