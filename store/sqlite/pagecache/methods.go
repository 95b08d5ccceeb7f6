package pagecache

import (
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Use has every connection of the process that is opened from now on keep its pages
// here. It is to be called before the first is opened; where SQLite refuses it, pages
// are kept as before.
var Use = sync.OnceFunc(func() {
	tls := libc.NewTLS()
	defer tls.Close()
	m := (uintptr)(libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_pcache_methods2{}))))
	defer libc.Xfree(tls, m)
	**(**lib.Tsqlite3_pcache_methods2)(unsafe.Pointer(&m)) = lib.Tsqlite3_pcache_methods2{
		FiVersion: 1,
		FxInit:    pointer(func(*libc.TLS, uintptr) int32 { return lib.SQLITE_OK }), FxShutdown: pointer(func(*libc.TLS, uintptr) {}),
		FxCreate: pointer(create), FxCachesize: pointer(cachesize), FxPagecount: pointer(pagecount), FxFetch: pointer(fetch), FxUnpin: pointer(unpin),
		FxRekey: pointer(rekey), FxTruncate: pointer(truncate), FxDestroy: pointer(destroy), FxShrink: pointer(shrink),
	}
	args := libc.NewVaList(m)
	defer libc.Xfree(tls, args)
	lib.Xsqlite3_config(tls, lib.SQLITE_CONFIG_PCACHE2, args)
})

// pointer is a function as SQLite holds one: the word behind an interface's type.
func pointer(f any) uintptr {
	type face [2]uintptr
	return (*face)(unsafe.Pointer(&f))[1]
}

func create(_ *libc.TLS, pageSize, extra, purgeable int32) uintptr {
	return all.add(newCache(int(pageSize), int(extra), purgeable != 0))
}

func cachesize(_ *libc.TLS, h uintptr, n int32) { all.of(h).resize(int(n)) }
func pagecount(_ *libc.TLS, h uintptr) int32    { return int32(all.of(h).n) }
func fetch(_ *libc.TLS, h uintptr, key uint32, create int32) uintptr {
	return all.of(h).fetch(key, create)
}
func unpin(_ *libc.TLS, h, page uintptr, discard int32) { all.of(h).unpin(slotOf(page), discard != 0) }
func rekey(_ *libc.TLS, h, page uintptr, _, key uint32) { all.of(h).rekey(slotOf(page), key) }
func truncate(_ *libc.TLS, h uintptr, from uint32)      { all.of(h).truncate(from) }
func shrink(_ *libc.TLS, h uintptr)                     { all.of(h).shrink() }
func destroy(_ *libc.TLS, h uintptr)                    { all.remove(h) }
