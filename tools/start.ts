/** `npm start`: everything is installed by now; says how to go on. */
process.stdout.write(`Coffre is installed. Its commands work on a repository, a folder or a bucket that also restic reads:

  ./coffre repo init    --repo /backup/vault --password-file vault.key
  ./coffre repo backup  ~/documents --repo /backup/vault --password-file vault.key
  ./coffre repo restore latest --target /restored --repo /backup/vault --password-file vault.key
  ./coffre repo check --read-data --repo /backup/vault --password-file vault.key

A bucket is s3:http://host:port/bucket/prefix, with its credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
The password file holds one line; whoever loses it loses the repository. ./coffre repo --help lists every command.
`)
