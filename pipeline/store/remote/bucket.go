package remote

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
)

// bucket is a second level in an S3 bucket. Every object is uploaded in a
// single request, never in parts. That makes the upload all or nothing, and the
// checksum that the server verifies is the SHA-256 of the whole object.
type bucket struct {
	client *s3.Client
	place  Place
}

// openBucket finds credentials and settings as AWS's own tools do: in the
// environment, in files, through web identity and in the role of the machine.
// It neither keeps nor shows them.
func openBucket(ctx context.Context, p Place) (Remote, error) {
	load := []func(*config.LoadOptions) error{
		config.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenRequired),
		config.WithResponseChecksumValidation(aws.ResponseChecksumValidationWhenRequired),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }), // Client retries, and knows more reasons to retry
		config.WithLogger(logging.Nop{}),
	}
	if p.Region != "" {
		load = append(load, config.WithRegion(p.Region))
	}
	c, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("remote %s: read AWS settings: %w", p, err)
	}
	b := bucket{place: p}
	b.client = s3.NewFromConfig(c, func(o *s3.Options) {
		if p.Endpoint != "" {
			o.BaseEndpoint = aws.String(p.Endpoint)
		}
		if o.BaseEndpoint != nil { // other servers do not have the bucket in their host name
			o.UsePathStyle = true
			if o.Region == "" {
				o.Region = "us-east-1" // accepted by servers that have no regions
			}
		}
		o.DisableLogOutputChecksumValidationSkipped = true
	})
	if endpoint := b.client.Options().BaseEndpoint; endpoint != nil {
		b.place.Endpoint = *endpoint // perhaps from the environment or from a file
	}
	if b.client.Options().Region == "" {
		return nil, fmt.Errorf("remote %s: no region: set AWS_REGION, or write ?region=REGION after the URL", p)
	}
	return b, nil
}

func (b bucket) String() string { return b.place.String() }

func (b bucket) key(key string) *string { return aws.String(path.Join(b.place.Prefix, key)) }

// Prepare gets the credentials, which may require asking another server.
func (b bucket) Prepare(ctx context.Context) error {
	if _, err := b.client.Options().Credentials.Retrieve(ctx); err != nil {
		return fmt.Errorf("there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or sign in again: %w: %w",
			err, ErrRefused)
	}
	return nil
}

func (b bucket) Get(ctx context.Context, key string, w io.Writer) error {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.place.Bucket, Key: b.key(key)})
	if err != nil {
		return b.explain("get", key, err)
	}
	defer out.Body.Close()
	n, err := io.Copy(w, out.Body)
	if err == nil && out.ContentLength != nil && n != *out.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("get %s: %w", key, err)
	}
	return nil
}

func (b bucket) Put(ctx context.Context, key string, o Object, overwrite bool) error {
	in := &s3.PutObjectInput{
		Bucket: &b.place.Bucket, Key: b.key(key), Body: o.Body(), ContentLength: &o.Size,
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(o.Sum[:])),
	}
	if !overwrite {
		in.IfNoneMatch = aws.String("*")
	}
	_, err := b.client.PutObject(ctx, in)
	return b.explain("put", key, err)
}

func (b bucket) Stat(ctx context.Context, key string) (Entry, error) {
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.place.Bucket, Key: b.key(key)})
	if err != nil {
		return Entry{}, b.explain("stat", key, err)
	}
	return Entry{key, aws.ToInt64(out.ContentLength), aws.ToTime(out.LastModified)}, nil
}

func (b bucket) List(ctx context.Context, prefix string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		strip := ""
		if b.place.Prefix != "" {
			strip = b.place.Prefix + "/"
		}
		pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.place.Bucket, Prefix: aws.String(strip + prefix)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Entry{}, b.explain("list", prefix, err))
				return
			}
			for _, o := range page.Contents {
				key := strings.TrimPrefix(aws.ToString(o.Key), strip)
				if !yield(Entry{key, aws.ToInt64(o.Size), aws.ToTime(o.LastModified)}, nil) {
					return
				}
			}
		}
	}
}

// mostDeleted is how many keys S3 deletes in one request.
const mostDeleted = 1000

func (b bucket) Delete(ctx context.Context, keys []string) error {
	for len(keys) > 0 {
		some := keys[:min(len(keys), mostDeleted)]
		keys = keys[len(some):]
		in := &types.Delete{Quiet: aws.Bool(true)}
		for _, key := range some {
			in.Objects = append(in.Objects, types.ObjectIdentifier{Key: b.key(key)})
		}
		out, err := b.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &b.place.Bucket, Delete: in})
		if err != nil {
			return b.explain("delete", fmt.Sprintf("%d keys from %s on", len(some), some[0]), err)
		}
		for _, e := range out.Errors {
			if code := aws.ToString(e.Code); code != "NoSuchKey" {
				return fmt.Errorf("delete %s: %s: %s", aws.ToString(e.Key), code, aws.ToString(e.Message))
			}
		}
	}
	return nil
}

// remedies says what to do about answers that stay the same however often the
// server is asked, by their code.
var remedies = map[string]string{
	"ExpiredToken":         "the credentials have expired: get new ones, or sign in again",
	"InvalidBucketName":    "no bucket can have this name: name another",
	"InvalidToken":         "the session token does not belong to the credentials: get new ones, or sign in again",
	"RequestTimeTooSkewed": "the clock of this machine differs too much from the server's: set it",
	"TokenRefreshRequired": "the credentials have expired: get new ones, or sign in again",
}

// explain classifies a server's error by what can be done about it.
func (b bucket) explain(what, key string, err error) error {
	if err == nil {
		return nil
	}
	code, status := "", 0
	var api smithy.APIError
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	say := func(kind error, format string, args ...any) error {
		return fmt.Errorf("%s %s: %s: %w", what, key, fmt.Sprintf(format, args...), kind)
	}
	switch {
	case remedies[code] != "":
		return say(ErrRefused, "%s (%s, %d)", remedies[code], code, status)
	case code == "InvalidObjectState": // making the object again costs less than waiting for hours
		return say(ErrDamaged, "it was moved to an archive, from where it cannot be read")
	case code == "NoSuchBucket":
		return say(ErrRefused, "there is no bucket %s: make it, or name another", b.place.Bucket)
	case code == "NoSuchKey" || status == http.StatusNotFound:
		return say(fs.ErrNotExist, "not there")
	case status == http.StatusPreconditionFailed:
		return say(fs.ErrExist, "it is there already")
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return say(ErrRefused, "the server answers %s (%d): see whether the credentials are the right ones and may do this", code, status)
	case status == http.StatusMovedPermanently || status == http.StatusTemporaryRedirect || code == "AuthorizationHeaderMalformed":
		return say(ErrRefused, "the bucket is in another region: write ?region=REGION after the URL (%s)", code)
	case status == http.StatusNotImplemented || status == http.StatusMethodNotAllowed:
		return say(ErrRefused, "the server cannot do this (%s, %d)", code, status)
	case status >= http.StatusInternalServerError || status == http.StatusTooManyRequests:
		return fmt.Errorf("%s %s: %w: %w", what, key, errBusy, err)
	}
	return fmt.Errorf("%s %s: %w", what, key, err)
}
