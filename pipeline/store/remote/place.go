package remote

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A Place says where a second level is, as a URL does:
//
//	s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION
//	file:///FOLDER
//	file:///ARCHIVE.zip
//
// The first two accept ?mode=read, which forbids writing. An archive can only be
// read.
type Place struct {
	Bucket, Prefix   string // for s3; Prefix may be empty
	Endpoint, Region string // for s3; if empty, the environment and AWS's files decide
	Folder, Archive  string // for file, absolute; one of them
	ReadOnly         bool
}

const forms = "use s3://BUCKET/PREFIX, with ?endpoint=https://HOST for a server other than AWS's, file:///FOLDER or file:///ARCHIVE.zip"

// Parse parses the URL of a second level. It contacts nobody.
func Parse(text string) (Place, error) {
	var p Place
	fail := func(format string, args ...any) (Place, error) {
		return Place{}, fmt.Errorf("remote: "+format, args...)
	}
	u, err := url.Parse(text)
	if err != nil {
		return fail("the URL cannot be read; %s", forms) // url.Error would repeat a password in the URL
	}
	if u.User != nil {
		return fail("credentials do not belong in the URL, where commands and logs would show them: " +
			"put them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in a profile of ~/.aws")
	}
	if u.Fragment != "" {
		return fail("%q ends in a fragment; %s", text, forms)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fail("%q: what follows the question mark cannot be read: %v", text, err)
	}
	settings := map[string]*string{"mode": new(string)}
	switch u.Scheme {
	case "s3":
		p.Bucket, p.Prefix = u.Host, strings.Trim(path.Clean("/"+u.Path), "/")
		settings["endpoint"], settings["region"] = &p.Endpoint, &p.Region
		if p.Bucket == "" {
			return fail("%q names no bucket; %s", text, forms)
		}
	case "file":
		if u.Host != "" || !path.IsAbs(u.Path) || path.Clean(u.Path) == "/" {
			return fail("%q names no folder; write file:///FOLDER, with three slashes and the whole path", text)
		}
		place := filepath.FromSlash(path.Clean(u.Path))
		if strings.EqualFold(filepath.Ext(place), ".zip") {
			p.Archive = place
		} else {
			p.Folder = place
		}
	default:
		return fail("%q has an unknown scheme; %s", text, forms)
	}
	for key, values := range query {
		into := settings[key]
		if into == nil || len(values) != 1 {
			return fail("%q: setting %q must be one of %v, once", text, key, slices.Sorted(maps.Keys(settings)))
		}
		*into = values[0]
	}
	switch *settings["mode"] {
	case "read":
		p.ReadOnly = true
	case "write":
		if p.Archive != "" {
			return fail("%q is an archive, which can only be read; leave out mode=write", text)
		}
	case "":
		p.ReadOnly = p.Archive != ""
	default:
		return fail("%q: mode=%s: must be read or write", text, *settings["mode"])
	}
	if p.Endpoint != "" {
		e, err := url.Parse(p.Endpoint)
		if err != nil || e.Scheme != "http" && e.Scheme != "https" || e.Host == "" || e.User != nil {
			return fail("the endpoint must be http://HOST:PORT or https://HOST, without credentials")
		}
	}
	return p, nil
}

// String returns the URL with those settings that tell the place from others.
func (p Place) String() string {
	if p.Bucket == "" {
		return (&url.URL{Scheme: "file", Path: filepath.ToSlash(cmp.Or(p.Folder, p.Archive))}).String()
	}
	text := (&url.URL{Scheme: "s3", Host: p.Bucket, Path: "/" + p.Prefix}).String()
	if e, err := url.Parse(p.Endpoint); err == nil && p.Endpoint != "" {
		text += "?endpoint=" + e.Scheme + "://" + e.Host + e.EscapedPath() // no user, who may come with a password
	}
	return text
}

// Open returns the Remote at the place. It does not check that anything is
// there; the first call does.
func (p Place) Open(ctx context.Context) (Remote, error) {
	switch {
	case p.Folder != "":
		return folder{p.Folder, p}, nil
	case p.Archive != "":
		return openArchive(p), nil
	}
	return openBucket(ctx, p)
}
