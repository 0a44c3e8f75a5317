"""Writes the pictures of the validation sets as files, so that the program itself can caption them: python3 extract.py DIR [--data ../../shared/data]

DIR/<set>/*.jpg and DIR/<set>.jsonl, their references. Then, of each set:
  secondglance caption DIR/<set> -o DIR/<set>.out.jsonl
  python3 score.py --references DIR/<set>.jsonl --captions DIR/<set>.out.jsonl
"""
import argparse
import json
import os

import data as D


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--data", default=D.DATA)
    args = parser.parse_args()
    for name in D.VALIDATION + D.OTHER:
        files, folder = D.picture_bytes(args.data, name), os.path.join(args.out, name)
        os.makedirs(folder, exist_ok=True)
        with open(folder + ".jsonl", "w") as references:
            for row in D.read_rows(args.data, name):
                image = os.path.basename(row["image"])
                with open(os.path.join(folder, image), "wb") as f:
                    f.write(files.get(row["image"]) or files[image])
                references.write(json.dumps(dict(row, image=image)) + "\n")
        print(name, len(os.listdir(folder)), "pictures")


if __name__ == "__main__":
    main()
