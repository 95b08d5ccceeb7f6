// Package yamlset reads files that people write and keep under version control:
// several YAML files that are one value, each section divided among them in any
// way. What is wrong is told by file, line, field and rule.
//
// It owns how such files are read; what they mean, and the rules, are their
// owner's. It never guesses: an unknown field, a tag, an anchor or an alias is a
// problem, and so is input on which the library panics.
//
// YAML 1.2: https://yaml.org/spec/1.2.2/
package yamlset
